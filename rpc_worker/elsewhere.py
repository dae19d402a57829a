"""Runs functions off the loop: in threads, in processes, in executors of the user's.

A function that has been cancelled may go on: a thread cannot be ended, and nobody knows what an
executor does. It is tracked until it ends. Nothing here knows of slots or answers.
"""

from __future__ import annotations

import asyncio
import math
import threading
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rpc_worker.calls import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    import anyio

    from rpc_worker.processes import Processes

__all__ = ["Elsewhere", "from_thread"]

T = TypeVar("T")

THREADS: Final = 40
"""Handlers in threads at the same time; as many as anyio itself allows by default."""


class Elsewhere:
    """Where functions run that do not run on the loop.

    Args:
        loop: The loop that awaits them.
        busy: Where the calls stand whose functions still run, answered or not, and what else runs
            in threads.
        left: Called on the loop when a function that was marked exclusive has really ended.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, busy: set[object], left: Callable[[Call], None]
    ) -> None:
        self._loop = loop
        self._busy = busy
        self._left = left
        self._limiter: anyio.CapacityLimiter | None = None
        self._unlimited: anyio.CapacityLimiter | None = None
        self._processes: Processes | None = None

    async def run(self, call: Call) -> Any:
        """Run the function of a call where its mode says, and return what it returns.

        `call.scope` is what cancels it; whoever does so need not wait for this to return.
        """
        handler = call.handler
        args, kwargs = handler.arguments(call)
        if handler.mode == "process":
            return await self._in_process(call, args, kwargs)
        if handler.mode == "executor":
            return await self._in_executor(call, args, kwargs)
        return await self._in_thread(call, args, kwargs)

    async def run_in_thread(
        self, function: Callable[..., T], *args: Any, call: Call | None = None
    ) -> T:
        """Run a function that belongs to a call, but is no handler, in one of the threads.

        Args:
            function: It may wait for the call's peer, and lends its place to others meanwhile.
            args: By position.
            call: It is tracked as this call's; by itself if it is part of another one.
        """
        if call is None:
            return await self._use_thread(object(), function, *args)
        call.threaded = True
        try:
            return await self._use_thread(call, function, *args)
        finally:
            call.threaded = False
            self.reclaim_token(call)

    def close(self) -> None:
        """End the processes."""
        if self._processes is not None:
            self._processes.close()

    # -------------------------------------------------------------------------------- threads

    async def _in_thread(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # Only here: importing anyio costs as much as starting the interpreter.
        from anyio import CancelScope  # noqa: PLC0415

        call.threaded = True
        try:
            with CancelScope() as call.scope:
                error, result = await self._use_thread(call, _caught, call, args, kwargs)
                if error is not None:
                    raise error
                return result
        finally:
            call.threaded, call.scope = False, None
            self.reclaim_token(call)
        raise asyncio.CancelledError

    async def _use_thread(self, entry: object, function: Callable[..., T], *args: Any) -> T:
        """Run a function in one of the threads, whose token it holds until it has really ended.

        anyio would take the token of a thread back at once that nobody waits for any more.
        """
        from anyio import WouldBlock  # noqa: PLC0415 - see `_in_thread`
        from anyio.to_thread import run_sync  # noqa: PLC0415 - as above

        limiter, turn = self._threads(), _Turn(self._busy, entry)
        try:
            limiter.acquire_on_behalf_of_nowait(turn)
        except WouldBlock:
            await limiter.acquire_on_behalf_of(turn)

        def run() -> T:
            if not turn.begin():
                raise asyncio.CancelledError
            try:
                return function(*args)
            finally:
                self._ended(entry)
                if turn.leave():
                    with suppress(RuntimeError):  # The loop has been closed: nobody waits for it.
                        self._loop.call_soon_threadsafe(limiter.release_on_behalf_of, turn)

        try:
            return await run_sync(run, abandon_on_cancel=True, limiter=self._unlimited)
        finally:
            if turn.leave():
                limiter.release_on_behalf_of(turn)

    def _threads(self) -> anyio.CapacityLimiter:
        if self._limiter is None:
            from anyio import CapacityLimiter  # noqa: PLC0415 - see `_in_thread`

            self._limiter = CapacityLimiter(THREADS)
            # What has a token of those need not wait for one of anyio's.
            self._unlimited = CapacityLimiter(math.inf)
        return self._limiter

    def lend_token(self, call: Call) -> None:
        """Let another thread run while that of a call waits for its peer."""
        if not call.lends:
            call.lends = True
            self._threads().total_tokens += 1

    def reclaim_token(self, call: Call) -> None:
        """Count the thread of a call again. It need not wait for that."""
        if call.lends:
            call.lends = False
            self._threads().total_tokens -= 1

    def rest(self, wait: Callable[[], object]) -> None:
        """Have one of the threads wait, while another one may run. To be called in that thread."""
        limiter, later = self._threads(), self._loop.call_soon_threadsafe
        later(_change, limiter, 1)
        try:
            wait()
        finally:
            with suppress(RuntimeError):  # The loop has been closed meanwhile.
                later(_change, limiter, -1)

    # --------------------------------------------------------------- processes and executors

    async def _in_process(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from anyio import CancelScope  # noqa: PLC0415 - see `_in_thread`

        from rpc_worker.processes import Processes  # noqa: PLC0415 - few workers need it

        if self._processes is None:
            self._processes = Processes()
        handler = call.handler
        with self._tracked(call), CancelScope() as call.scope:
            return await self._processes.run(handler.method.wire, handler.function, args, kwargs)
        raise asyncio.CancelledError

    async def _in_executor(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from rpc_worker.processes import Work  # noqa: PLC0415 - few workers need it

        handler = call.handler
        assert handler.executor is not None  # noqa: S101 - so says its mode
        work = Work(handler.function, args, kwargs, copy_context())
        future = handler.executor.submit(work)
        self._busy.add(call)
        future.add_done_callback(lambda _: self._ended(call))
        call.scope = future
        try:
            return (await asyncio.wrap_future(future, loop=self._loop)).value()
        finally:
            call.scope = None

    @contextmanager
    def _tracked(self, call: Call) -> Generator[None]:
        self._busy.add(call)
        try:
            yield
        finally:
            call.scope = None
            self._ended(call)

    def _ended(self, entry: object) -> None:
        """Take note, in any thread, that a function has ended."""
        self._busy.discard(entry)
        if isinstance(entry, Call) and entry.handler.exclusive:
            with suppress(RuntimeError):  # The loop has been closed: nobody waits for it.
                self._loop.call_soon_threadsafe(self._left, entry)


class _Turn:
    """What one function has of the threads: given back once nobody waits and it has ended.

    Args:
        busy: What runs, kept by both sides.
        entry: What the function is there.
    """

    __slots__ = ("_begun", "_busy", "_entry", "_left", "_lock")

    def __init__(self, busy: set[object], entry: object) -> None:
        self._busy = busy
        self._entry = entry
        self._lock = threading.Lock()
        self._begun = self._left = False

    def begin(self) -> bool:
        """Return whether the function is still wanted. To be called in its thread."""
        with self._lock:
            self._begun = not self._left
            if self._begun:
                # No later: whoever leaves must find it there.
                self._busy.add(self._entry)
            return self._begun

    def leave(self) -> bool:
        """Take note that nobody waits any more, or that the function has ended.

        Returns:
            Whether that was the last of both.
        """
        with self._lock:
            last, self._left = self._left or not self._begun, True
            return last


def from_thread(
    call: Call | None, function: Callable[..., Coroutine[Any, Any, T]], *args: Any
) -> T:
    """Run a coroutine function on the loop and wait for it, in a thread that works for a call.

    What is begun after the call was cancelled ends at once, as what was begun before: nobody would
    cancel it any more.
    """
    from anyio import from_thread as threads  # noqa: PLC0415 - see `Elsewhere._in_thread`

    async def run() -> T:
        if call is not None and call.cancelled:
            raise asyncio.CancelledError
        return await function(*args)

    return threads.run(run)


def _caught(
    call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[BaseException | None, Any]:
    # An exception goes back as a value: a future refuses StopIteration, and the loop would
    # take KeyboardInterrupt and SystemExit for its own.
    try:
        return None, call.handler.function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - as above
        return error, None


def _change(limiter: anyio.CapacityLimiter, tokens: int) -> None:
    limiter.total_tokens += tokens
