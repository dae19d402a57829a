"""How not to block depends on what a descriptor is: here the writer for it is chosen.

- a pipe or a terminal on Linux is opened anew, non-blocking. The flag of the inherited one is
  shared with every other process that holds it, and is not ours to set;
- a socket is told with each message not to wait (it cannot be opened anew);
- a regular file or the null device takes everything at once;
- all else is left to a thread.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from rpc_worker.stdio.writing import PollWriter, ThreadWriter, send_all

if sys.platform == "linux":
    import fcntl
    import socket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpc_worker.stdio.writing import Part, Writer

__all__ = ["grow", "writer_for"]

PIPE_BYTES: Final = 1024 * 1024
"""What a pipe is made to hold, on Linux; the most that an unprivileged process may ask for. It
doubles the rate of messages of many megabytes."""


def writer_for(fd: int | None) -> Writer:
    """Choose how to write to a descriptor, which the writer owns from now on."""
    if fd is None:
        # Started without a stdout: there is nobody to answer to.
        writer = ThreadWriter(-1)
        writer.give_up()
        return writer
    return _polled(fd) or ThreadWriter(fd)


if sys.platform == "linux":

    def _polled(fd: int) -> Writer | None:
        """Return the writer that never blocks on this descriptor; None if there is no such way."""
        mode = os.fstat(fd).st_mode
        if stat.S_ISREG(mode) or (stat.S_ISCHR(mode) and not os.isatty(fd)):
            return PollWriter(fd, partial(send_all, fd))
        if stat.S_ISSOCK(mode):
            connection = socket.socket(fileno=fd)
            return PollWriter(fd, partial(_send_message, connection), connection.close)
        again = _open_again(fd)
        if again is None:
            return None
        os.close(fd)
        grow(again)
        return PollWriter(again, _writing(again))

    def grow(fd: int) -> None:
        """Let a pipe hold more if it holds less and the system allows it."""
        with suppress(OSError):  # No pipe, or the user's pipes hold as much as they may already.
            if fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) < PIPE_BYTES:
                fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def _open_again(fd: int) -> int | None:
        """Open the pipe or terminal anew, non-blocking and as high; None where that fails."""
        try:
            again = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            return None  # No /proc, a pipe of another user's, or nobody reads it any more.
        try:
            return fcntl.fcntl(again, fcntl.F_DUPFD_CLOEXEC, fd)
        except OSError:
            return None
        finally:
            os.close(again)

    def _writing(fd: int) -> Callable[[Sequence[Part]], int]:
        def write(parts: Sequence[Part]) -> int:
            # Most writes are of one part, and `writev` takes longer for it.
            return os.write(fd, parts[0]) if len(parts) == 1 else os.writev(fd, parts)

        return write

    def _send_message(connection: socket.socket, parts: Sequence[Part]) -> int:
        return connection.sendmsg(parts, (), socket.MSG_DONTWAIT)

else:

    def _polled(fd: int) -> Writer | None:
        """Return the writer that never blocks on this descriptor; None if there is no such way."""
        return PollWriter(fd, partial(send_all, fd)) if stat.S_ISREG(os.fstat(fd).st_mode) else None

    def grow(fd: int) -> None:
        """Do nothing: a pipe's size is the system's affair."""
