"""What a handler can ask about the call that it serves: `current_call()`.

The call is in a context variable of the handler's own context, so threads, and tasks that the
handler starts, find it too. Nothing here knows of the wire, or where a handler runs.

Importing this makes every call known to its context: see `calls.Tracking`.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import msgspec

from rpc_worker.calls import CURRENT, TRACKING, Trace

if TYPE_CHECKING:
    from rpc_worker.calls import Call

__all__ = ["CurrentCall", "Trace", "current_call", "running_call"]

TRACKING.wanted = True


class CurrentCall:
    """The call that a handler serves, seen from within. May be read in any thread.

    Attributes:
        id: The request's id; None for a notification.
        method: The method's name on the wire.
        session: The name of the session that called, to be given to `emit(…, to=…)` and
            `caller(…, session=…)`; None for a client that said no hello.
        window: The window of that session; it stays the same when the page is reloaded.
        deadline: The time at which the call ends, in terms of `time.monotonic()`, or None.
        time_left: Seconds until then, never below 0; None without a deadline.
        cancelled: Whether nobody waits for the result any more: the caller has cancelled, or the
            deadline has passed. A handler in a thread looks here now and then.
        trace: Where the call belongs in a trace, or None.
        state: What the worker's lifespan yielded.
    """

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    @property
    def id(self) -> str | int | float | None:
        identity = self._call.id
        if identity is None:
            return None
        return cast("str | int | float | None", msgspec.json.decode(identity))

    @property
    def method(self) -> str:
        return self._call.handler.method.wire

    @property
    def session(self) -> str | None:
        session = self._call.session
        return None if session is None else session.name

    @property
    def window(self) -> str | None:
        session = self._call.session
        return None if session is None else session.window

    @property
    def deadline(self) -> float | None:
        # asyncio's clock is `time.monotonic`; uvloop's differs by a constant.
        left = self.time_left
        return None if left is None else monotonic() + left

    @property
    def time_left(self) -> float | None:
        call = self._call
        if not call.deadline or call.session is None:
            return None
        return max(0.0, call.deadline - call.session.loop.time())

    @property
    def cancelled(self) -> bool:
        return self._call.cancelled

    @property
    def trace(self) -> Trace | None:
        return self._call.trace

    @property
    def state(self) -> Any:
        return self._call.state

    def __repr__(self) -> str:
        return f"<CurrentCall {self.method} id={self.id!r} session={self.session!r}>"


def current_call() -> CurrentCall:
    """Return the call that the running handler serves.

    Raises:
        RuntimeError: No handler runs here, or it runs in a process of its own.
    """
    call = running_call()
    if call is None:
        raise RuntimeError(
            "current_call() was asked outside of a call: only a handler, and the tasks and threads "
            "that it starts, serve one. A handler marked @in_process serves it in another process: "
            "give it what it needs as arguments. And whoever imports it in a function should do so "
            "at the top of the module: what was started before does not know its call"
        )
    return CurrentCall(call)


def running_call() -> Call | None:
    """Return the call that is served here, or None outside of one."""
    call = CURRENT.get(None)
    if call is None and TRACKING.starting is not None and _is_on_a_loop():
        # Its handler has imported this just now; what it starts from here on will find it.
        call = TRACKING.starting
        CURRENT.set(call)
    return call


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
