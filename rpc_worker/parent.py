"""Notices that the host's process is gone, and ends the worker and its children with it.

End of file on stdin says the same in most cases, and gently. It does not come while another process
holds the other end of the pipe, and it cannot be read while a handler blocks the loop. So a thread
waits for the host's process itself: the one named by `RPC_WORKER_HOST_PID`, since between the host
and the worker there may be a launcher; else the worker's parent.

`PR_SET_PDEATHSIG` is no way to do it: it fires when the *thread* that spawned the worker ends.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

from rpc_worker import group
from rpc_worker.signals import held_back

if sys.platform not in ("linux", "win32"):
    import select

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HOST_PID", "HostWatch"]

HOST_PID: Final = "RPC_WORKER_HOST_PID"
"""The environment variable by which a host tells its process id."""

POLL_SECONDS: Final = 0.5
"""Between two looks at the parent's id, where the system cannot wait for a process: quick enough to
be gone within two seconds of the host, and rare enough not to keep a laptop awake."""

SETTLING: Final = 0.25
"""Seconds that a worker with children waits at its very end: many times what a process needs from
closing its pipes to being gone."""


class HostWatch:
    """A thread that waits for the end of the host's process, and then ends the worker at once.

    The worker becomes the leader of a process group, so that its children can be ended with it. A
    group is enough: a session of its own would also cut it off from the terminal that the host was
    started from. With a terminal as stdin it stays in its group: a shell's job control needs that,
    and Ctrl-C reaches it.

    Args:
        terminal: Whether stdin is a terminal.
    """

    def __init__(self, *, terminal: bool) -> None:
        if not terminal:
            group.lead()
        parent = os.getppid()
        host = _host_pid() or parent
        wait = _waiter(host) or (lambda: _wait_for_new_parent(parent))
        self._thread = threading.Thread(
            target=_watch, args=(host, wait), name="rpc-worker watches", daemon=True
        )
        with held_back():
            self._thread.start()

    def settle(self) -> None:
        """Let the news of the host's end come through before the children are only asked to end.

        A process that is killed closes its pipes first and is gone a moment later: the worker may
        have come to its end in between.
        """
        if _has_children():
            self._thread.join(SETTLING)


def _host_pid() -> int | None:
    text = os.environ.get(HOST_PID)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and 0 < int(text) < 2**31:
        return int(text)
    _say(f"{HOST_PID} is {text!r}, which is no process id; watching the parent process instead.")
    return None


def _watch(host: int, wait: Callable[[], None]) -> None:
    wait()
    _say(f"the host's process, {host}, is gone; ending at once.")
    _end_with_children()


def _end_with_children() -> NoReturn:
    """End the process and its process group, at once and without any cleaning up."""
    if sys.platform == "win32":
        import subprocess  # noqa: PLC0415 - at the very end

        pid = str(os.getpid())
        command = ["taskkill", "/T", "/F", "/PID", pid]
        subprocess.run(command, creationflags=subprocess.CREATE_NO_WINDOW, check=False)  # noqa: S603
    elif os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _wait_for_new_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)


def _say(text: str) -> None:
    # Not through sys.stderr, which another thread may hold, or have lost.
    with suppress(OSError):  # The host took its end of stderr along.
        os.write(2, f"rpc-worker: {text}\n".encode(errors="backslashreplace"))


if sys.platform == "win32":

    def _waiter(pid: int) -> Callable[[], None] | None:
        """Return what blocks until the process ends; None where that cannot be waited for.

        UNTESTED: written from the documentation of Win32.
        """
        import ctypes  # noqa: PLC0415 - this system only

        synchronize, infinite = 0x00100000, 0xFFFFFFFF
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.OpenProcess.restype = ctypes.c_void_p
        kernel32.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
        handle = kernel32.OpenProcess(synchronize, False, pid)
        if not handle:
            return None
        return lambda: kernel32.WaitForSingleObject(handle, infinite)

    def _has_children() -> bool:
        return True  # Not told: waiting a moment costs less than finding out.

elif sys.platform == "linux":

    def _waiter(pid: int) -> Callable[[], None] | None:
        """Return what blocks until the process ends; None where that cannot be waited for."""
        from select import POLLIN, poll  # noqa: PLC0415 - this system only

        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return lambda: None  # It is gone already.
        except (AttributeError, OSError):
            return None  # Linux before 5.3, or a sandbox that does not allow it.
        poller = poll()
        poller.register(descriptor, POLLIN)

        def wait() -> None:
            while not poller.poll():
                pass

        return wait

    def _has_children() -> bool:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True

else:

    def _waiter(pid: int) -> Callable[[], None] | None:
        """Return what blocks until the process ends; None where that cannot be waited for."""
        try:
            queue = select.kqueue()
            event = select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
            queue.control([event], 0)
        except ProcessLookupError:
            return lambda: None  # It is gone already.
        except OSError:
            return None

        def wait() -> None:
            while not queue.control(None, 1):
                pass

        return wait

    def _has_children() -> bool:
        return True  # macOS has no waitid before Python 3.13: as on Windows.
