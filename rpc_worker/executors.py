"""Where and when a handler runs: on the loop, in a thread, or inline.

Calls wait in one queue and start in order. Plain functions marked inline are called right there.
Coroutine handlers are run by a *leader*: one task that takes calls from the queue and runs them one
after the other inside itself. A handler that never suspends costs no task of its own. When one
suspends, its task keeps that call to the end, and a new leader takes the queue. So a handler always
runs in one task from its first step to its last: `current_task`, `asyncio.timeout` and anyio's
cancel scopes are right. What the handlers of one leader must not share is given to each anew: its
context variables, and a task that nobody has tried to cancel.

From Python 3.12 on a leader is started eagerly, within the callback that read the requests, so that
nothing waits for another pass of the loop. On 3.11 it waits, parked, for the next requests.

Nothing here knows of JSON, ids or answers: a call ends in `finished` or `failed`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextvars import copy_context
from itertools import islice, takewhile
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from contextvars import Context
    from types import CoroutineType

    import anyio
    from msgspec import Raw, UnsetType

    from rpc_worker.dispatch import Handler
    from rpc_worker.limits import Limits

__all__ = ["Call", "Executors", "Outcome"]

EAGER: Final = sys.version_info >= (3, 12)
"""Whether tasks can take their first step at once."""

_UNCANCEL_LEAKS: Final = sys.version_info < (3, 13)
"""Whether a task that was cancelled and uncancelled in one step is still cancelled at its next."""

BURST: Final = 32
"""Calls that start before the loop gets its turn, and replies that are joined in one write. More
would let both ends of the pipe take turns, each waiting for the other's whole batch."""

SLICE: Final = 0.005
"""Seconds after which the loop gets its turn even if fewer calls have started."""

THREADS: Final = 40
"""Handlers in threads at the same time; as many as anyio itself allows by default."""

UNWINDING: Final = 1.0
"""Seconds that a cancelled coroutine has to unwind before it is answered all the same (protocol,
section 5)."""


class Call(msgspec.Struct, eq=False):
    """One request on its way through a handler.

    Attributes:
        id: The request's id; None for a notification, which nobody answers.
        params: Undecoded until the handler starts.
        size: Bytes that it holds while it waits.
        answers: The batch that its answer belongs to; None if it is answered by itself.
        task: The task that runs it, once a coroutine handler has suspended.
        scope: The cancel scope around it, if it runs in a thread.
        cancelled: Whether somebody who may has cancelled it.
        answered: Whether it has been answered; what comes later is dropped.
    """

    id: bytes | None
    handler: Handler
    params: Raw | UnsetType
    size: int
    answers: Any = None
    task: asyncio.Task[None] | None = None
    scope: anyio.CancelScope | None = None
    cancelled: bool = False
    answered: bool = False


class Outcome(Protocol):
    """Who is told how calls end, and when a burst of them is over."""

    def finished(self, call: Call, result: Any) -> None: ...
    def failed(self, call: Call, error: BaseException) -> None: ...
    def flush(self) -> None: ...


class Executors:
    """Starts calls in order, as many at a time as the limits allow.

    Args:
        outcome: Who is told how they end.
        loop: The loop that everything here runs on.

    Attributes:
        queue: The calls that wait; whoever adds one adds its size to `backlog`.
        backlog: Bytes that they hold.
        blocked: Set while the host does not take the output: nothing starts then.
        threads: The calls whose functions still run in a thread, answered or not.
    """

    def __init__(self, outcome: Outcome, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self._outcome = outcome
        self._limit = limits.running
        self._loop = loop
        self.queue: deque[Call] = deque()
        self._suspended = 0
        self._left = 0
        self._until = 0.0
        self._resuming = False
        # Needed on 3.11 only: how many lead or are about to, and what wakes the one that waits.
        self._leaders = 0
        self._parked: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._limiter: anyio.CapacityLimiter | None = None
        self.backlog = 0
        self.blocked = False
        self.threads: set[Call] = set()

    def submit(self, call: Call) -> None:
        """Put a call behind those that wait. It starts with the next `pump`."""
        self.queue.append(call)
        self.backlog += call.size

    def pump(self) -> None:
        """Start what may start. To be called from a callback of the loop, not from a task."""
        queue = self.queue
        self._left = BURST
        self._until = monotonic() + SLICE
        while queue and self._left > 0 and not self.blocked and self._suspended < self._limit:
            call = queue[0]
            if call.handler.mode == "loop":
                if not self._start_leader():
                    break
                continue
            del queue[0]
            self.backlog -= call.size
            self._left = left = self._left - 1
            self._start_plain(call)
            if not left & 3 and monotonic() > self._until:
                break
        self._outcome.flush()
        if queue and not self._leaders and not self._is_full():
            self.resume()

    def resume(self) -> None:
        """See to it that `pump` is called in the loop's next pass."""
        if not self._resuming:
            self._resuming = True
            self._loop.call_soon(self._resumed)

    def cancel(self, call: Call) -> None:
        """Cancel a call: it ends in `failed` at once, or when its coroutine has unwound.

        Where it still runs after it was answered, its end is awaited and its outcome dropped.
        """
        if call.answered or call.cancelled:
            return
        call.cancelled = True
        if call.task is not None:
            call.task.cancel()
            self._loop.call_later(UNWINDING, self._give_up, call)
            return
        if call.scope is not None:
            call.scope.cancel()
        self._outcome.failed(call, asyncio.CancelledError())

    def _give_up(self, call: Call) -> None:
        self._outcome.failed(call, asyncio.CancelledError())
        self._outcome.flush()

    def _resumed(self) -> None:
        self._resuming = False
        self.pump()

    def _is_full(self) -> bool:
        return self.blocked or self._suspended >= self._limit

    def _start_task(self, coroutine: Coroutine[Any, Any, None]) -> None:
        # Given a name, a task need not make one up.
        task = asyncio.Task(coroutine, loop=self._loop, name="rpc-worker")
        # The loop itself keeps weak references only.
        self._tasks.add(task)

    # ------------------------------------------------------------------------- on the loop

    def _start_leader(self) -> bool:
        """Return whether the leader has already done what it could."""
        if sys.version_info >= (3, 12):
            # Done when this returns, or kept by `_last_steps`.
            asyncio.Task(self._lead(), loop=self._loop, name="rpc-worker", eager_start=True)
            return True
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(None)
            self._parked = None
            self._leaders += 1
        elif not self._leaders:
            self._start_leaders(1)
        return False

    def _start_leaders(self, count: int) -> None:
        """Start leaders that begin in the loop's next pass, where there are no eager ones."""
        self._leaders += count
        self._left, self._until = BURST, monotonic() + SLICE
        for _ in range(count):
            self._start_task(self._lead())

    async def _lead(self) -> None:
        """Run calls one after the other, until one suspends; that one to its end."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        queue, take, outcome = self.queue, self.queue.popleft, self._outcome
        while True:
            while queue and self._left > 0 and self._suspended < self._limit:
                self._left = left = self._left - 1
                if not left & 3 and monotonic() > self._until:
                    self._left = 0
                call = take()
                self.backlog -= call.size
                handler = call.handler
                if call.answered or handler.mode != "loop":
                    self._start_plain(call)
                    continue
                # The first step is written out here: it is all that most handlers ever need.
                try:
                    args, kwargs = handler.arguments(call.params)
                    coroutine = handler.function(*args, **kwargs)
                    context = copy_context()
                    awaited = context.run(coroutine.send, None)
                except StopIteration as stop:
                    outcome.finished(call, stop.value)
                except BaseException as error:  # noqa: BLE001 - whatever it raises is its answer
                    outcome.failed(call, error)
                else:
                    await self._last_steps(call, _Rest(coroutine, context, awaited), task)
                    return
                if task.cancelling() or (_UNCANCEL_LEAKS and task._must_cancel):  # type: ignore[attr-defined]  # noqa: SLF001 - it has no other name
                    # The handler cancelled its own task: that must not reach the next one.
                    break
            if EAGER:
                if queue:
                    self.resume()
                return
            self._leaders -= 1
            if self._leaders or self._parked is not None or task.cancelling():
                self._end_task(task)
                return
            outcome.flush()
            if queue and not self._is_full():
                self.resume()
            self._parked = parked = self._loop.create_future()
            try:
                await parked
            except asyncio.CancelledError:
                # Somebody has kept the task of a handler that has ended, and cancels it now.
                if self._parked is parked:
                    self._parked = None
                else:
                    self._leaders -= 1
                self._end_task(task)
                return
            self._left, self._until = BURST, monotonic() + SLICE

    async def _last_steps(self, call: Call, rest: _Rest, task: asyncio.Task[None]) -> None:
        """Run a suspended handler to its end, in this task, which another leader has left."""
        call.task = task
        self._tasks.add(task)
        self._suspended += 1
        if not EAGER:
            self._hand_over(call.handler)
        try:
            result = await rest
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is its answer
            self._suspended -= 1
            self._outcome.failed(call, error)
        else:
            self._suspended -= 1
            self._outcome.finished(call, result)
        self._end_task(task)

    def _hand_over(self, handler: Handler) -> None:
        """Have others lead, where there are no eager leaders.

        Each begins in the loop's next pass; if one handler a pass would start, a queue of handlers
        that suspend would take as many passes. So there is one for each that is known to.
        """
        handler.suspends = True
        self._leaders -= 1
        if self.queue and not self._leaders and not self._is_full():
            following = islice(self.queue, min(BURST, self._limit - self._suspended) - 1)
            known = takewhile(lambda call: call.handler.suspends, following)
            self._start_leaders(1 + sum(1 for _ in known))

    def _end_task(self, task: asyncio.Task[None]) -> None:
        """Let go of a task that has come to its end, and write what it has left to be written."""
        self._tasks.discard(task)
        if self._suspended or self.queue:
            # The replies of one pass of the loop are written together.
            self.resume()
        else:
            self._outcome.flush()

    # ----------------------------------------------------------------- inline and in a thread

    def _start_plain(self, call: Call) -> None:
        """Call a function that is marked inline, or have a thread call it."""
        handler = call.handler
        if call.answered:
            return
        if handler.mode != "inline":
            self._suspended += 1
            if self._is_full():
                self._left = 0
            self._start_task(self._run_in_thread(call))
            return
        try:
            args, kwargs = handler.arguments(call.params)
            result = copy_context().run(handler.function, *args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is its answer
            self._outcome.failed(call, error)
        else:
            self._outcome.finished(call, result)

    async def _run_in_thread(self, call: Call) -> None:
        # Only here: importing anyio costs as much as starting the interpreter.
        from anyio import CancelScope, CapacityLimiter  # noqa: PLC0415
        from anyio.to_thread import run_sync  # noqa: PLC0415

        if self._limiter is None:
            self._limiter = CapacityLimiter(THREADS)
        error: BaseException | None = None
        result: Any = None
        try:
            if call.answered:
                raise asyncio.CancelledError  # noqa: TRY301 - before it could begin
            args, kwargs = call.handler.arguments(call.params)
            with CancelScope() as call.scope:
                error, result = await run_sync(
                    self._thread, call, args, kwargs, abandon_on_cancel=True, limiter=self._limiter
                )
        except BaseException as reason:  # noqa: BLE001 - whatever a handler raises is its answer
            error = reason
        self._suspended -= 1
        if error is not None:
            self._outcome.failed(call, error)
        else:
            self._outcome.finished(call, result)
        self._end_task(cast("asyncio.Task[None]", asyncio.current_task()))

    def _thread(
        self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[BaseException | None, Any]:
        # An exception goes back as a value: a future refuses StopIteration, and the loop would
        # take KeyboardInterrupt and SystemExit for its own.
        self.threads.add(call)
        try:
            return None, call.handler.function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - as above
            return error, None
        finally:
            self.threads.discard(call)


class _Rest:
    """What is left of a coroutine that has suspended, each step in the coroutine's own context.

    `Context.run` cannot span an await, so every step goes through it. The task that awaits this
    sees what the coroutine awaits, and drives it as if it were its own.
    """

    __slots__ = ("_awaited", "_context", "_coroutine")

    def __init__(
        self, coroutine: CoroutineType[Any, Any, Any], context: Context, awaited: Any
    ) -> None:
        self._coroutine = coroutine
        self._context = context
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine, run, awaited = self._coroutine, self._context.run, self._awaited
        send, throw = coroutine.send, coroutine.throw
        while True:
            raised: BaseException | None = None
            value: Any = None
            try:
                value = yield awaited
            except GeneratorExit:
                run(coroutine.close)
                raise
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
                raised = error
            try:
                awaited = run(send, value) if raised is None else run(throw, raised)
            except StopIteration as stop:
                return stop.value
