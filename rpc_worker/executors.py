"""When a handler runs, and how it runs on the loop.

Calls wait in one queue and start in order. Plain functions marked inline are called right there.
Coroutine handlers are run by a *leader*: one task that takes calls from the queue and runs them one
after the other inside itself. A handler that never suspends costs no task of its own. When one
suspends, its task keeps that call to the end, and a new leader takes the queue. So a handler always
runs in one task from its first step to its last: `current_task`, `asyncio.timeout` and anyio's
cancel scopes are right. What the handlers of one leader must not share is given to each anew: its
context variables, and a task that nobody has tried to cancel.

As many run at a time as the limits allow. A handler that waits for its peer does not count, and
counts again at once when it goes on: so no depth of calls back can deadlock. It counts from the
moment it suspends; until then nothing else can run.

From Python 3.12 on a leader is started eagerly, within the callback that read the requests, so that
nothing waits for another pass of the loop. On 3.11 it waits, parked, for the next requests.

Nothing here knows of JSON, ids or answers: a call ends in `finished` or `failed`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from functools import cached_property, partial
from itertools import islice, takewhile
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from rpc_worker.calls import CURRENT, TRACKING, Call
from rpc_worker.exclusion import Exclusion
from rpc_worker.steps import Runner, rest

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from rpc_worker.elsewhere import Elsewhere
    from rpc_worker.interfaces import Outcome
    from rpc_worker.limits import Limits
    from rpc_worker.middleware import Middleware
    from rpc_worker.sources import Source

__all__ = ["Call", "Executors"]

T = TypeVar("T")

EAGER: Final = sys.version_info >= (3, 12)
"""Whether tasks can take their first step at once."""

_UNCANCEL_LEAKS: Final = sys.version_info < (3, 13)
"""Whether a task that was cancelled and uncancelled in one step is still cancelled at its next."""

BURST: Final = 32
"""Calls that start before the loop gets its turn, and replies that are joined in one write. More
would let both ends of the pipe take turns, each waiting for the other's whole batch."""

SLICE: Final = 0.005
"""Seconds after which the loop gets its turn even if fewer calls have started."""

UNWINDING: Final = 1.0
"""Seconds that a cancelled coroutine has to unwind before it is answered all the same (protocol,
section 5)."""


class Executors:
    """Starts calls in order, as many at a time as the limits allow.

    Args:
        outcome: Who is told how they end.
        loop: The loop that everything here runs on.
        middleware: What stands around every handler, the first outermost.

    Attributes:
        queue: The calls that wait; whoever adds one adds its size to `backlog`.
        backlog: Bytes that they hold, and those that wait to be alone.
        blocked: Set while the host does not take the output: nothing starts then.
        exclusive: Those that wait to be alone, and the one that is.
        busy_elsewhere: What still runs off the loop: calls, answered or not, and iterators.
    """

    def __init__(
        self,
        outcome: Outcome,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        *,
        middleware: Sequence[Middleware] = (),
    ) -> None:
        self._outcome = outcome
        self._limit = limits.running
        self._loop = loop
        self._middleware = tuple(middleware)
        self._led = bool(middleware)
        if middleware:
            TRACKING.wanted = True
        # What calls begin with: whoever makes room for one may run in another's context.
        self._context = copy_context()
        self._state: Any = None
        self.queue: deque[Call] = deque()
        self._suspended = 0
        self._left = 0
        self._until = 0.0
        self._resuming = False
        # Needed on 3.11 only: how many lead or are about to, and what wakes the one that waits.
        self._leaders = 0
        self._parked: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # Those that are free: a handler that has suspended keeps the one of its leader.
        self._runners: list[Runner] = []
        self.exclusive = Exclusion()
        self.busy_elsewhere: set[object] = set()
        self.backlog = 0
        self.blocked = False

    @cached_property
    def _elsewhere(self) -> Elsewhere:
        from rpc_worker.elsewhere import Elsewhere  # noqa: PLC0415 - many run all on the loop

        return Elsewhere(self._loop, self.busy_elsewhere, self._leave)

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self.queue) + len(self.exclusive.waiting)

    def begin(self, state: Any) -> None:
        """Have calls begin with the context that this is called in.

        Args:
            state: What the worker's lifespan yielded.
        """
        self._state, self._context = state, copy_context()

    def submit(self, call: Call) -> None:
        """Put a call behind those that wait. It starts with the next `pump`."""
        self.queue.append(call)
        self.backlog += call.size

    def pump(self) -> None:
        """Start what may start. To be called from a callback of the loop, not from a task."""
        queue, led = self.queue, self._led
        self._left = BURST
        if len(queue) > 3:  # The clock is looked at after every fourth call.
            self._until = monotonic() + SLICE
        while queue and self._left > 0 and not self.blocked and self._suspended < self._limit:
            call = queue[0]
            handler = call.handler
            if led or handler.mode == "loop":
                if not self._start_leader():
                    break
                continue
            del queue[0]
            self.backlog -= call.size
            self._left = left = self._left - 1
            if handler.quick and not call.answered:
                self._run_inline(call)
            else:
                self._divert(call)
            if not left & 3 and monotonic() > self._until:
                break
        if not self._leaders:
            self._outcome.flush()
            if queue and not self._is_full():
                self.resume()

    def resume(self) -> None:
        """See to it that `pump` is called in the loop's next pass."""
        if not self._resuming:
            self._resuming = True
            self._loop.call_soon(self._resumed, context=self._context)

    def close(self) -> None:
        """End the processes that run handlers. Nothing may be started afterwards."""
        if "_elsewhere" in vars(self):
            self._elsewhere.close()

    # ------------------------------------------------------------------------ cancelling

    def cancel(self, call: Call) -> None:
        """Cancel a call: it ends in `failed` at once, or when its coroutine has unwound.

        Where it still runs after it was answered, its end is awaited and its outcome dropped.
        """
        if call.answered or call.cancelled:
            return
        call.cancelled = True
        if self._stop(call):
            self._give_up_later(call)
        else:
            self._outcome.failed(call, asyncio.CancelledError())

    def expire(self, call: Call) -> None:
        """Cancel a call whose deadline has passed: it ends in `failed` at once, `expired`."""
        if call.answered:
            return
        call.expired = True
        if not call.cancelled:
            call.cancelled = True
            self._stop(call)
        self._give_up(call)

    def _stop(self, call: Call) -> bool:
        """Return whether a coroutine unwinds now, which is waited for."""
        if call.scope is not None:
            call.scope.cancel()
        elif call.task is not None:
            call.task.cancel()
            return True
        elif self.exclusive.drop(call):
            self.backlog -= call.size
        return False

    def _give_up_later(self, call: Call) -> None:
        """Answer a call if it has not unwound in time, or at its deadline, if that is nearer."""
        when, timer = self._loop.time() + UNWINDING, call.timer
        if timer is not None and timer.when() <= when:
            return
        if timer is not None:
            timer.cancel()
        call.timer, call.plain = self._loop.call_at(when, self._give_up, call), False

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
        context = self._context.copy()
        task = asyncio.Task(coroutine, loop=self._loop, name="rpc-worker", context=context)
        # The loop itself keeps weak references only.
        self._tasks.add(task)

    # ------------------------------------------------------------------------------- slots

    def give_up_slot(self, call: Call) -> None:
        """Let another call run while this one waits for its peer; perhaps in several places."""
        call.waits += 1
        if call.waits > 1:
            return
        if call.threaded:
            self._elsewhere.lend_token(call)
        if call.placed:
            self._suspended -= 1
        if call.handler.exclusive:
            self.exclusive.pause(call)
            self._admit_next()
        if self.queue:
            self.resume()

    def take_slot(self, call: Call) -> None:
        """Count a call as running again. It needs no free slot for that."""
        call.waits -= 1
        if call.waits:
            return
        if call.lends:
            self._elsewhere.reclaim_token(call)
        if call.placed:
            self._suspended += 1
        if call.handler.exclusive:
            self.exclusive.go_on(call)

    def _place(self, call: Call) -> None:
        call.placed = True
        if not call.waits:
            self._suspended += 1

    def _vacate(self, call: Call) -> None:
        call.placed = False
        if not call.waits:
            self._suspended -= 1

    def _leave(self, call: Call) -> None:
        """Let the next exclusive call run, if this one has really ended."""
        if call not in self.busy_elsewhere:
            self.exclusive.leave(call)
            self._admit_next()

    def _admit_next(self) -> None:
        call = self.exclusive.admit()
        if call is not None:
            # Its bytes have been counted all the time.
            self.queue.appendleft(call)
            self.resume()

    async def run_in_thread(
        self, function: Callable[..., T], *args: Any, call: Call | None = None
    ) -> T:
        """Run a function that belongs to a call, but is no handler, in one of the threads."""
        return await self._elsewhere.run_in_thread(function, *args, call=call)

    def rest(self, wait: Callable[[], object], call: Call | None = None) -> None:
        """Have one of the threads wait, while another one may run. To be called in that thread.

        Args:
            wait: Blocks.
            call: What runs there is tracked as this call's; None if it is part of another one.
        """
        if call is None or not call.handler.exclusive:
            self._elsewhere.rest(wait)
            return
        later = self._loop.call_soon_threadsafe
        later(self.give_up_slot, call)
        try:
            wait()
        finally:
            with suppress(RuntimeError):  # The loop has been closed meanwhile.
                later(self.take_slot, call)

    # ------------------------------------------------------------------------- on the loop

    if sys.version_info >= (3, 12):

        def _start_leader(self) -> bool:
            """Return whether the leader has already done what it could."""
            # Done when this returns, or kept by a handler that has suspended.
            context = self._context.copy()
            asyncio.Task(
                self._lead(), loop=self._loop, name="rpc-worker", context=context, eager_start=True
            )
            return True

    else:

        def _start_leader(self) -> bool:
            """Return whether the leader has already done what it could."""
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
        self._left = BURST
        for _ in range(count):
            self._start_task(self._lead())

    async def _lead(self) -> None:
        """Run calls one after the other, until one suspends; that one to its end."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        queue, outcome, led, state = self.queue, self._outcome, self._led, self._state
        tracking, runners = TRACKING, self._runners
        runner = runners.pop() if runners else Runner()
        send, results = runner.send, runner.results
        while True:
            tracked = tracking.wanted
            while queue and self._left > 0 and self._suspended < self._limit:
                self._left = left = self._left - 1
                if not left & 3 and monotonic() > self._until:
                    self._left = 0
                call = queue.popleft()
                self.backlog -= call.size
                handler = call.handler
                plain = handler.direct and not led
                if (call.answered or not plain) and self._divert(call):
                    continue
                if state is not None:
                    call.state = state
                # The first step is written out here: it is all that most handlers ever need.
                try:
                    if plain:
                        args, kwargs = handler.arguments(call)
                        function = handler.function
                        coroutine = function(*args, **kwargs) if kwargs else function(*args)
                    else:
                        coroutine = self._surround(call)
                    if tracked:
                        # It is the copy that needs it; the leader forgets it when it pauses.
                        CURRENT.set(call)
                    else:
                        tracking.starting = call
                    context = copy_context()
                    awaited = context.run(send, coroutine)
                except BaseException as error:  # noqa: BLE001 - whatever it raises is its answer
                    outcome.failed(call, error)
                    runner = Runner()
                    send, results = runner.send, runner.results
                else:
                    if not results:
                        tracking.starting = None
                        if not tracked:
                            context.run(CURRENT.set, call)
                        self._keep(call, task)
                        try:
                            result = await rest(runner, context, awaited)
                        except BaseException as error:  # noqa: BLE001 - as above
                            self._vacate(call)
                            outcome.failed(call, error)
                        else:
                            runners.append(runner)
                            self._vacate(call)
                            outcome.finished(call, result)
                        self._end_task(task)
                        return
                    outcome.finished(call, results.pop())
                if task.cancelling() or (_UNCANCEL_LEAKS and task._must_cancel):  # type: ignore[attr-defined]  # noqa: SLF001 - it has no other name
                    # The handler cancelled its own task: that must not reach the next one.
                    break
            tracking.starting = None
            if EAGER:
                runners.append(runner)
                if queue:
                    self.resume()
                return
            self._leaders -= 1
            if self._leaders or self._parked is not None or task.cancelling():
                runners.append(runner)
                self._end_task(task)
                return
            if tracked:
                CURRENT.set(None)
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
            # Its time has begun with the `pump` that woke it.
            self._left = BURST

    def _keep(self, call: Call, task: asyncio.Task[None]) -> None:
        """Leave a task to a handler that has suspended in it, and have others lead.

        Where there are no eager leaders, each begins in the loop's next pass; if one handler a pass
        would start, a queue of handlers that suspend would take as many passes. So there is one
        leader for each that is known to.
        """
        call.task = task
        self._tasks.add(task)
        self._place(call)
        if EAGER:
            return
        call.handler.suspends = True
        self._leaders -= 1
        if self._leaders:
            return
        if self.queue and not self._is_full():
            following = islice(self.queue, min(BURST, self._limit - self._suspended) - 1)
            known = takewhile(lambda call: call.handler.suspends, following)
            self._until = monotonic() + SLICE
            self._start_leaders(1 + sum(1 for _ in known))
        else:
            # Who led would have written it: what was answered in the same pass of the loop.
            self._outcome.flush()

    def _end_task(self, task: asyncio.Task[None]) -> None:
        """Let go of a task that has come to its end, and write what it has left to be written."""
        self._tasks.discard(task)
        if TRACKING.wanted:
            CURRENT.set(None)
        if self._suspended or self.queue:
            # The replies of one pass of the loop are written together.
            self.resume()
        else:
            self._outcome.flush()

    async def _surround(self, call: Call) -> Any:
        """Run a call that is exclusive, or has middleware around it, in the leader."""
        result: Any = None
        try:
            if not self._middleware:
                result = await self._handle(call)
            else:
                from rpc_worker.middleware import around  # noqa: PLC0415 - few workers need it

                result = await around(self._middleware, call, lambda: self._handle(call))
            return result
        finally:
            if call.handler.exclusive and not self._stays(call, result):
                self._leave(call)

    def _stays(self, call: Call, result: Any) -> bool:
        """Return whether a call is exclusive beyond its handler: until its stream has ended."""
        from rpc_worker.sources import Source  # noqa: PLC0415 - few calls are exclusive

        if call.answered or not isinstance(result, Source):
            return False
        result.on_left = partial(self._leave, call)
        call.attach(_Unopened(result))
        return True

    async def _handle(self, call: Call) -> Any:
        handler = call.handler
        if handler.mode not in {"loop", "inline"}:
            return await self._elsewhere.run(call)
        args, kwargs = handler.arguments(call)
        result = handler.function(*args, **kwargs)
        return await result if handler.mode == "loop" else result

    # ------------------------------------------------------------------- not by a leader

    def _divert(self, call: Call) -> bool:
        """Return whether a call is none for a leader: it is over, must wait, or runs elsewhere."""
        handler = call.handler
        if call.answered:
            if handler.exclusive:
                self._leave(call)
            return True
        if handler.exclusive and not self.exclusive.enter(call):
            self.backlog += call.size
            return True
        if self._middleware or handler.mode == "loop":
            return False
        if handler.mode == "inline":
            self._run_inline(call)
        else:
            call.state = self._state
            self._place(call)
            if self._is_full():
                self._left = 0
            self._start_task(self._run_elsewhere(call))
        return True

    def _run_inline(self, call: Call) -> None:
        handler, tracking = call.handler, TRACKING
        if self._state is not None:
            call.state = self._state
        try:
            args, kwargs = handler.arguments(call)
            context = self._context.copy()
            if tracking.wanted:
                context.run(CURRENT.set, call)
            else:
                tracking.starting = call
            function, run = handler.function, context.run
            result = run(function, *args, **kwargs) if kwargs else run(function, *args)
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is its answer
            self._outcome.failed(call, error)
        else:
            self._outcome.finished(call, result)
        tracking.starting = None
        if handler.exclusive:
            self._leave(call)

    async def _run_elsewhere(self, call: Call) -> None:
        token = CURRENT.set(call)
        error: BaseException | None = None
        result: Any = None
        try:
            if call.answered:
                raise asyncio.CancelledError  # noqa: TRY301 - before it could begin
            result = await self._elsewhere.run(call)
        except BaseException as reason:  # noqa: BLE001 - whatever a handler raises is its answer
            error = reason
        CURRENT.reset(token)
        self._vacate(call)
        if call.handler.exclusive:
            self._leave(call)
        if error is not None:
            self._outcome.failed(call, error)
        else:
            self._outcome.finished(call, result)
        self._end_task(cast("asyncio.Task[None]", asyncio.current_task()))


class _Unopened:
    """The stream of an exclusive call, in case the call ends before anybody has advanced it."""

    __slots__ = ("_source",)

    def __init__(self, source: Source) -> None:
        self._source = source

    def end(self) -> None:
        left, self._source.on_left = self._source.on_left, None
        if left is not None:
            left()
