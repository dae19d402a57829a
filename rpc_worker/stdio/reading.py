"""Reads chunks as they come, and stops when told to, so that the pipe pushes back.

A pipe, a socket or a terminal is read by the loop itself when there is something to read. A
regular file, the null device, and everything on Windows cannot be waited for: a thread reads them.
Both read the bare descriptor: a thread that is parked in the buffer of `sys.stdin` would abort the
interpreter at exit.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["PollReader", "Reader", "ThreadReader", "start_reading"]

CHUNK: Final = 65536
"""Bytes of one read. Asking for 256 KiB costs 12 µs more a call, for a buffer that is mostly thrown
away."""

AHEAD: Final = 4
"""Chunks that the thread may read before the loop has taken them."""


class Reader:
    """What the two ways of reading have in common.

    Attributes:
        paused: Whether nothing is read for the time being.
        ended: Whether the end of the input has been seen.
    """

    def __init__(
        self,
        fd: int,
        loop: asyncio.AbstractEventLoop,
        receive: Callable[[bytes], None],
        end: Callable[[], None],
    ) -> None:
        self.fd = fd
        self.paused = False
        self.ended = False
        self._loop = loop
        self._receive = receive
        self._end = end

    def pause(self) -> None:
        """Read nothing until `resume`."""
        raise NotImplementedError

    def resume(self) -> None:
        """Read on."""
        raise NotImplementedError

    def _finish(self) -> None:
        if not self.ended:
            self.ended = True
            self._end()


class PollReader(Reader):
    """Reads when the loop says that there is something."""

    def start(self) -> None:
        """Begin to read.

        Raises:
            OSError: The descriptor cannot be waited for.
            NotImplementedError: This loop cannot wait for descriptors.
        """
        self._loop.add_reader(self.fd, self._readable)

    def pause(self) -> None:
        if not self.paused and not self.ended:
            self.paused = True
            self._loop.remove_reader(self.fd)

    def resume(self) -> None:
        if self.paused and not self.ended:
            self.paused = False
            self._loop.add_reader(self.fd, self._readable)

    def _readable(self) -> None:
        try:
            chunk = os.read(self.fd, CHUNK)
        except BlockingIOError:
            return  # Somebody else made it non-blocking, and somebody else was quicker.
        except OSError as error:
            if error.errno == errno.EBADF:
                # A forked child that came back to the loop, where the wire is closed: it is not
                # the worker, and must not end what is the worker's, such as its lifespan.
                os._exit(1)
            chunk = b""  # A reset connection, a terminal that hung up: an end like any other.
        if chunk:
            self._receive(chunk)
        else:
            self._loop.remove_reader(self.fd)
            self._finish()


class ThreadReader(Reader):
    """Reads in a daemon thread, a few chunks ahead of the loop and no more."""

    def start(self) -> None:
        """Begin to read."""
        self._room = threading.Semaphore(AHEAD)
        self._waiting: deque[bytes] = deque()
        threading.Thread(target=self._run, name="rpc-worker reads", daemon=True).start()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        if self.paused:
            self.paused = False
            self._loop.call_soon(self._deliver)

    def _run(self) -> None:
        chunk = b"-"
        while chunk:
            self._room.acquire()  # Released on the loop, by _deliver.
            try:
                chunk = os.read(self.fd, CHUNK)
            except OSError:
                chunk = b""
            try:
                self._loop.call_soon_threadsafe(self._arrived, chunk)
            except RuntimeError:
                return  # The loop is closed: the process is ending.

    def _arrived(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._deliver()

    def _deliver(self) -> None:
        while self._waiting and not self.paused:
            chunk = self._waiting.popleft()
            self._room.release()
            if chunk:
                self._receive(chunk)
            else:
                self._finish()


def start_reading(
    fd: int,
    loop: asyncio.AbstractEventLoop,
    receive: Callable[[bytes], None],
    end: Callable[[], None],
) -> Reader:
    """Choose how to read a descriptor, and begin."""
    if sys.platform != "win32":
        polled = PollReader(fd, loop, receive, end)
        try:
            polled.start()
        except (OSError, NotImplementedError):
            pass  # A regular file or the null device, or a loop that waits for sockets only.
        else:
            return polled
    threaded = ThreadReader(fd, loop, receive, end)
    threaded.start()
    return threaded
