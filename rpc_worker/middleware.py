"""What stands around every handler: functions of the user's that see a call come and go.

Where the handler itself runs is not known here: it is awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from rpc_worker.context import CurrentCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.calls import Call

__all__ = ["Middleware", "Proceed", "around"]

Proceed: TypeAlias = Callable[[], Awaitable[Any]]
"""Runs the handler, through the middleware that is further in; returns its result."""

Middleware: TypeAlias = Callable[[CurrentCall, Proceed], Awaitable[Any]]
"""Returns the result of a call: what `proceed()` returns, or something else that fits the contract.
It may raise `RpcError` instead, before or after. Of a stream it sees the opening, not the items."""


def around(middleware: Sequence[Middleware], call: Call, handle: Proceed) -> Awaitable[Any]:
    """Run a call through all middleware, the first outermost, and then its handler."""
    current = CurrentCall(call)
    proceed = handle
    for one in reversed(middleware):
        proceed = _step(one, current, proceed)
    return proceed()


def _step(one: Middleware, call: CurrentCall, proceed: Proceed) -> Proceed:
    return lambda: one(call, proceed)
