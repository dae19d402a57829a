"""Tells who blocks the event loop: which handler, where it stands, and what to write instead.

A thread of its own asks the loop for a sign of life now and then, and sleeps while nothing is in
flight. Who is in flight is the channel's knowledge, which wakes it.
"""

from __future__ import annotations

import inspect
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from rpc_worker import debugger
from rpc_worker.signals import held_back

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping
    from types import CodeType, FrameType

    from rpc_worker.fit import Bound

__all__ = ["Watchdog"]

BEAT: Final = 0.2
"""Seconds between a sign of life and the next question."""

TICK: Final = 0.2
"""Seconds after which it is looked whether the loop has answered."""

MISSED: Final = 5
"""Looks without an answer, a second in all, after which somebody blocks the loop. Several, because
a process that was stopped, or a machine that slept, is late by one look at most: the watchdog's own
waits end late then, too."""

_logger: Final = logging.getLogger("rpc_worker")


class Watchdog:
    """Watches a loop while something is in flight. To be made on the loop's thread.

    Args:
        loop: The loop.
        methods: What may block it, by wire name.
        busy: Tells whether anything is in flight. Called on the loop.
        clock: Tells the time, in seconds.
        wait: Waits for an event, for so many seconds; returns whether it is set.

    Attributes:
        awake: Whether it watches. Who sees that it does not calls `wake`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        methods: Mapping[str, Bound],
        busy: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self.awake = False
        self._loop = loop
        self._methods = methods
        self._busy = busy
        self._clock = clock
        self._wait = wait
        self._watched = threading.get_ident()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._may_go = threading.Event()
        self._taken = threading.Event()

    def wake(self) -> None:
        """Watch, until nothing is in flight. To be called on the loop."""
        if self.awake or self._closed:
            return
        self.awake = True
        self._may_go.set()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._watch, name="rpc-worker-watchdog", daemon=True
            )
            with held_back():
                self._thread.start()

    def close(self) -> None:
        """Stop watching for good."""
        self._closed = True
        self._taken.set()
        self._may_go.set()

    def _watch(self) -> None:
        while not self._closed:
            self._may_go.wait()
            time.sleep(BEAT)
            self.look()

    def look(self) -> None:
        """Ask the loop for a sign of life; if none comes, say who blocks it, and wait for it."""
        self._taken.clear()
        if self._closed:
            return
        try:
            self._loop.call_soon_threadsafe(self._take)
        except RuntimeError:  # The loop has been closed.
            self._closed = True
            return
        missed = 0
        while missed < MISSED:
            before = self._clock()
            if self._wait(self._taken, TICK):
                return
            if self._clock() - before < 2 * TICK:
                missed += 1
            else:
                # This thread did not run either: the whole process stood still.
                missed = 0
        if not debugger.attached():
            self._report()
        self._taken.wait()

    def _take(self) -> None:
        self._taken.set()
        if not self._busy():
            self.awake = False
            self._may_go.clear()

    def _report(self) -> None:
        frames = sys._current_frames()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - documented
        frame = frames.get(self._watched)
        if frame is None:
            return
        stands = _place(frame)
        found = self._handler(frame)
        if found is None:
            _logger.warning(
                "something has blocked the event loop for more than 1 s, at %s: nothing else runs "
                "meanwhile. What takes long belongs in a thread: await "
                "anyio.to_thread.run_sync(function)",
                stands,
            )
            return
        name, handler = found
        within = "" if handler is frame else f" (in a call of it, at {stands})"
        _logger.warning(
            "%s has blocked the event loop for more than 1 s, at %s%s: nothing else runs "
            "meanwhile. %s",
            *(name, _place(handler), within, _advice(handler.f_code)),
        )

    def _handler(self, innermost: FrameType) -> tuple[str, FrameType] | None:
        """Return the name and the frame of the handler that runs, if one does."""
        names = {_code(bound.function): name for name, bound in self._methods.items()}
        frame: FrameType | None = innermost
        while frame is not None:
            name = names.get(frame.f_code)
            if name is not None:
                return name, frame
            frame = frame.f_back
        return None


def _code(function: Callable[..., object]) -> CodeType | None:
    unwrapped = inspect.unwrap(function)
    found: CodeType | None = getattr(getattr(unwrapped, "__func__", unwrapped), "__code__", None)
    return found


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _advice(code: CodeType) -> str:
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return (
            "Write `def` instead of `async def`, and it runs in a thread; or mark a `def` "
            "@in_process, if it computes for long"
        )
    return (
        "Remove @inline, and it runs in a thread; or mark it @in_process, if it computes for long"
    )
