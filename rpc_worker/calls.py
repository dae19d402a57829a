"""One call, from the line that asked for it until all that belongs to it is over.

Nothing here knows who starts a call, and who answers it: this is what they pass on to each other.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.messages import JSON_RPC

if TYPE_CHECKING:
    import asyncio

    from msgspec import Raw, UnsetType

    from rpc_worker.dispatch import Handler
    from rpc_worker.interfaces import Attached, Cancellable, Dialect, Serving
    from rpc_worker.sessions import Session

__all__ = ["CURRENT", "SERVING", "TRACKING", "Call", "Trace"]


class Trace(msgspec.Struct, frozen=True):
    """Where a call belongs in a distributed trace, as it came (W3C Trace Context).

    Attributes:
        traceparent: The position in the trace.
        tracestate: What vendors add to it, if anything.
    """

    traceparent: str
    tracestate: str | None = None


class Call(msgspec.Struct, eq=False):
    """One request on its way through a handler.

    Attributes:
        id: The request's id; None for a notification, which nobody answers.
        params: Undecoded until the handler starts.
        size: Bytes that it holds while it waits.
        answers: The batch that its answer belongs to; None if it is answered by itself.
        session: Whose call it is.
        plain: Whether nothing belongs to it but its answer in JSON-RPC, on a line of its own.
        dialect: How its answer is written.
        deadline: The loop's time at which it ends; 0.0 for none.
        timer: What ends it then; or what answers it once it was cancelled, if it does not unwind.
        trace: Where it belongs in a distributed trace.
        task: The task that runs it, once a coroutine handler has suspended.
        scope: What ends it where it runs, if that is not on the loop.
        state: What the worker's lifespan yielded.
        attached: What ends with it.
        waits: How many times it waits for its peer just now.
        placed: Whether it has suspended or runs off the loop, so that it counts as running while
            it does not wait.
        threaded: Whether it has a token of those that limit the threads.
        lends: Whether others may use that token while it waits.
        cancelled: Whether somebody who may has cancelled it, or its deadline has passed.
        expired: Whether its deadline has passed.
        answered: Whether it has been answered; what comes later is dropped.
        closed: Whether `end` has been called. What is plain need not be.
    """

    id: bytes | None
    handler: Handler
    params: Raw | bytes | UnsetType
    size: int
    answers: Any = None
    session: Session | None = None
    plain: bool = False
    dialect: Dialect = JSON_RPC
    deadline: float = 0.0
    timer: asyncio.TimerHandle | None = None
    trace: Trace | None = None
    task: asyncio.Task[None] | None = None
    scope: Cancellable | None = None
    state: Any = None
    attached: list[Attached] | None = None
    waits: int = 0
    placed: bool = False
    threaded: bool = False
    lends: bool = False
    cancelled: bool = False
    expired: bool = False
    answered: bool = False
    closed: bool = False

    @property
    def ended(self) -> bool:
        """Whether it is over: answered, and its streams too."""
        return self.closed or (self.plain and self.answered)

    def attach(self, thing: Attached) -> None:
        """Have a thing end with this call; at once, if it has ended already."""
        if self.ended:
            thing.end()
            return
        self.plain = False
        if self.attached is None:
            self.attached = [thing]
        else:
            self.attached.append(thing)

    def detach(self, thing: Attached) -> None:
        """Forget a thing that has ended by itself: a call may live long, and have many."""
        if self.attached is not None and thing in self.attached:
            self.attached.remove(thing)

    def end(self) -> None:
        """End what is attached, the last first. Ending twice is ending once."""
        self.closed = True
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        while self.attached:
            self.attached.pop().end()


CURRENT: Final[ContextVar[Call | None]] = ContextVar("rpc_worker.current_call")
"""The call that a context is of. Set before a handler's first step, in its own context, where
somebody may want to know: see `Tracking`."""


SERVING: Final[ContextVar[Serving]] = ContextVar("rpc_worker.serving")
"""The channel, for what runs beside the calls: the lifespan, and the tasks that it starts."""


class Tracking:
    """Whether anybody asks which call is served.

    A variable for each call takes a tenth of what a plain call takes in all, so those pay for it
    that import `context`, which is the only one to ask. That may be in a handler that runs already:
    then it is on its first step, and found here, or has suspended, and has got its variable.

    Attributes:
        wanted: Whether `context` has been imported.
        starting: The call whose handler takes its first step on the loop just now.
    """

    __slots__ = ("starting", "wanted")

    def __init__(self) -> None:
        self.wanted = False
        self.starting: Call | None = None


TRACKING: Final = Tracking()
