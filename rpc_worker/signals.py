"""SIGTERM, SIGINT and SIGHUP (Windows: SIGINT and SIGBREAK): the first asks, the second insists.

The first signal is handled when the interpreter next runs bytecode on the main thread, even if a
handler blocks the loop; so is the second, which ends the process at once with 128 + its number.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NoReturn

from rpc_worker import group

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator
    from types import FrameType

__all__ = ["Signals", "end_at_exit", "exit_at_once", "held_back"]

if sys.platform == "win32":
    SIGNALS: Final = (signal.SIGINT, signal.SIGBREAK)
else:
    SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def held_back() -> Generator[None]:
    """Hold the signals back, in this thread and for good in threads that it starts meanwhile.

    The system gives a signal to any thread that takes it, but only the main thread acts on it: one
    that lands elsewhere does not interrupt what the main thread waits for.
    """
    if sys.platform == "win32":
        yield
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


_leaving = False
"""Whether the exit code is decided, so that a signal is none of the host's any more."""


def end_at_exit() -> None:
    """See to it that no signal changes the exit code when the interpreter takes itself apart.

    It puts the default handlers in place then. Hooks run in the reverse order: the sooner this is
    called, the longer a second signal ends the process, and the more the user's own hooks have done
    for their children before those are asked to end.
    """
    atexit.register(_end)


def exit_at_once(code: int) -> NoReturn:
    """End the process, from any thread, with nothing cleaned up but the children."""
    global _leaving  # noqa: PLW0603 - a process ends once
    _leaving = True
    with suppress(ValueError):  # Only the main thread may; else the handlers look at `_leaving`.
        _ignore()
    group.end()
    os._exit(code)


def _end() -> None:
    _ignore()
    group.end()


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class Signals:
    """Handles the signals that end a worker, from its creation on.

    Args:
        loop: The loop that must wake up for them.
        first: Called in the signal handler, on the main thread, at the first of them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, first: Callable[[], None]) -> None:
        self._first: Callable[[], None] | None = first
        self._came = False
        if sys.platform != "win32":
            # The interpreter ignores it from its start, but a module may have changed that: then
            # a host that closes its end would kill the worker in the middle of a write.
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            # This is for its wakeup descriptor, which is for all of them: a signal that comes
            # between the last bytecode and the loop's wait would not end that wait. (Windows' loop
            # sets it by itself.)
            loop.add_signal_handler(SIGNALS[0], _nothing)
            os.register_at_fork(
                before=_hold_back, after_in_parent=_let_through, after_in_child=_forget
            )
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the loop, and let a first signal do nothing any more: the end has begun already.

        A host may close stdin and send a signal right after; that is no reason for another exit
        code, however late it comes.
        """
        self._first = None
        with held_back():
            loop.close()  # It puts the default handlers in place.
            for number in SIGNALS:
                signal.signal(number, self._handle)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if _leaving:
            return
        if self._came:
            exit_at_once(128 + number)
        self._came = True
        if self._first is not None:
            self._first()


if sys.platform != "win32":
    # A forked child is a process like any other: it shares the descriptor that wakes the worker's
    # loop and has the worker's handlers, so that a SIGTERM for the child alone, as
    # multiprocessing's `terminate()` sends it, would not end it. Until it has the default handlers
    # again, signals are held back.
    _masks: Final = threading.local()

    def _hold_back() -> None:
        _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def _let_through() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)

    def _forget() -> None:
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, default)
        _let_through()


def _nothing() -> None:
    """Stand where the loop wants a callback."""
