"""The methods of a worker as one dialect calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.dialects.arguments import Arguments
from rpc_worker.dialects.wire import Answers
from rpc_worker.errors import ErrorCode
from rpc_worker.messages import ErrorObject

if TYPE_CHECKING:
    from rpc_worker.dialects.wire import Wire
    from rpc_worker.dispatch import Handler, Service

__all__ = ["Route", "Routes"]


class Route(msgspec.Struct, frozen=True, eq=False):
    """One method in one dialect.

    Attributes:
        plain: Whether a call with values alone needs nothing done to them.
        refusal: Why it cannot be called in this dialect, if it cannot.
    """

    handler: Handler
    arguments: Arguments
    answers: Answers
    plain: bool
    refusal: ErrorObject | None


class Routes(dict[str, "Route | None"]):
    """The methods as one dialect calls them; each is made when it is first called.

    Attributes:
        wire: The dialect.
        plain: How what is no method's is answered.
    """

    def __init__(self, service: Service, wire: Wire) -> None:
        super().__init__()
        self._service = service
        self.wire = wire
        self.plain = Answers(wire, None)

    def __missing__(self, method: str) -> Route | None:
        handler = self._service.handlers[method]
        if handler is None:
            return None
        wire, refusal = self.wire, None
        if handler.streams and not wire.has_streams:
            message = f"{method} returns a stream, which {wire.name} has no form for"
            refusal = ErrorObject(ErrorCode.METHOD_NOT_FOUND, message, {"method": method})
        arguments, answers = Arguments(handler.method), Answers(wire, handler.method)
        plain = arguments.plain and refusal is None
        route = self[method] = Route(handler, arguments, answers, plain, refusal)
        return route
