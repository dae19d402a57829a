"""What each message of kkrpc's sets in motion, whichever dialect it is in.

A call becomes one of the channel's, with params and an id of its own; what has no equal is refused.
All else is the session's: answers, callbacks, streams. How a line is read is not known here.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.calls import Call, Trace
from rpc_worker.dialects import kkrpc0, kkrpc2
from rpc_worker.dialects.errors import ErrorNames, as_error_object
from rpc_worker.dialects.flows import MOST
from rpc_worker.dialects.lending import Lent
from rpc_worker.dialects.marks import Formless
from rpc_worker.dialects.routes import Routes
from rpc_worker.dialects.sessions import KkrpcSession
from rpc_worker.dispatch import error_object
from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.messages import NULL, ErrorObject, text

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from rpc_worker.channel import Channel
    from rpc_worker.dialects.wire import Answers, Argument
    from rpc_worker.dispatch import Service
    from rpc_worker.limits import Limits

__all__ = ["IDS", "Acting", "id_of", "invalid"]

_logger: Final = logging.getLogger("rpc_worker")
_encode: Final = msgspec.json.Encoder().encode

IDS: Final = frozenset(b'"-0123456789')
"""First bytes of an id: a string; or a number, which no kkrpc sends and anybody may."""

_SHOWN: Final = 100
"""Characters of a name that an error shows."""

_PROPERTIES: Final = "a contract has methods, and no properties: call a method"
_UNKNOWN: Final = {
    "get": f"a property cannot be read: {_PROPERTIES}",
    "set": f"a property cannot be set: {_PROPERTIES}",
    "new": "nothing can be constructed: a contract has methods, and no classes",
    "construct": "nothing can be constructed: a contract has methods, and no classes",
    "ref": "there are no references to remote objects: a contract has methods and plain data",
}
_SLOTS: Final = "nothing can be transferred: it goes through a pipe, as data"
_HELLO: Final = "kkrpc has no sessions: all its clients on a pipe are one"


class Acting:
    """Acts on messages.

    Attributes:
        wire0: kkrpc 0.x.
        wire2: kkrpc 2.x.
        routes0: The methods, as kkrpc 0.x calls them in plain JSON.
        superjson0: The same in superjson.
        routes2: The same for 2.x.
        session: The session of all kkrpc clients.
    """

    def __init__(
        self,
        channel: Channel,
        service: Service,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        names = ErrorNames(service.contract)
        self._channel = channel
        self.wire0 = kkrpc0.Kkrpc0(names)
        self.wire2 = kkrpc2.Kkrpc2(names)
        self.routes0 = Routes(service, self.wire0)
        self.superjson0 = Routes(service, kkrpc0.Superjson0(names))
        self.routes2 = Routes(service, self.wire2)
        self.session = KkrpcSession(
            channel, loop, limits, frontend=service.frontend, wire=self.wire0
        )
        channel.sessions.foreign = self.session

    def refuse(self, answers: Answers, identity: bytes, error: ErrorObject) -> None:
        """Answer what is no call."""
        self._channel.answer(answers.error(identity, error))

    # --------------------------------------------------------------------------- kkrpc 0.x

    def take0(
        self,
        routes: Routes,
        message: kkrpc0.Message,
        meta: Raw | UnsetType,
        size: int,
        calls: list[Call],
    ) -> None:
        """Act on a message of 0.x, in plain JSON or in superjson.

        Args:
            routes: The methods, as they are called in the one or the other.
            message: What it says.
            meta: superjson's marks.
            size: The length of its line.
            calls: Where the call that it makes is added.
        """
        identity, name = message.id, message.method
        if message.type != "request":
            self._take_other0(message, meta)
            return
        if identity is UNSET or name is UNSET:
            self.refuse(
                self.routes0.plain, id_of(identity), invalid("a request has an id and a method")
            )
            return
        key = b"".join((identity, b" "))
        if key[0] not in IDS:
            self.refuse(self.routes0.plain, NULL, invalid("the id is no text"))
            return
        if not _is_nothing(message.slots):
            error = ErrorObject(ErrorCode.METHOD_NOT_FOUND, _SLOTS)
            self.refuse(self.routes0.plain, key, error)
            return
        self._start(
            *(routes, key, name),
            lambda: kkrpc0.arguments_of(message, meta),
            *(size, calls, None),
        )

    def _take_other0(self, message: kkrpc0.Message, meta: Raw | UnsetType) -> None:
        """Act on what is no call, or on what later ones of 0.x can ask for and no contract has."""
        identity = id_of(message.id)
        if message.type == "response":
            try:
                outcome = kkrpc0.outcome_of(message, meta)
            except Formless as reason:
                self.session.settle(self.wire0, identity, UNSET, Raw(_encode(str(reason))))
                return
            except (ValueError, RecursionError):
                self.session.unreadable(identity)
                return
            error = UNSET if _is_nothing(outcome.error) else outcome.error
            self.session.settle(self.wire0, identity, outcome.result, error)
        elif message.type == "callback":
            if message.method is not UNSET:
                self._call_back(message.method, message, meta)
        else:
            shown = message.type[:_SHOWN]
            what = _UNKNOWN.get(shown, f"kkrpc's {shown!r} is not known here")
            self.refuse(self.routes0.plain, identity, ErrorObject(ErrorCode.METHOD_NOT_FOUND, what))

    def _call_back(self, function: str, message: kkrpc0.Message, meta: Raw | UnsetType) -> None:
        try:
            arguments = kkrpc0.arguments_of(message, meta)
        except (ValueError, RecursionError) as reason:
            # Nobody waits for an answer that could say so.
            _logger.warning("a function was not called: its arguments cannot be read: %s", reason)
            return
        self.session.called(function, [*map(_value, arguments)])

    # --------------------------------------------------------------------------- kkrpc 2.x

    def take2(self, message: kkrpc2.Message, size: int, calls: list[Call]) -> None:
        """Act on a message of 2.x; add the call that it makes to `calls`."""
        session = self.session
        if isinstance(message, kkrpc2.Query):
            self._query(message, size, calls)
        elif isinstance(message, kkrpc2.Answer):
            session.settle(self.wire2, id_of(message.id), message.v, message.e)
        elif isinstance(message, kkrpc2.Invocation):
            session.called(message.id, [_value(kkrpc2.argument_of(each)) for each in message.a])
        elif isinstance(message, kkrpc2.Release):
            session.released(message.ids)
        elif isinstance(message, kkrpc2.Pull):
            count = _credit(message.n)
            session.pulled(self.wire2, id_of(message.id), message.sid, message.op, count)
        else:
            drawn = session.drawn.get(message.sid)
            if drawn is None:
                return
            if message.e is not UNSET:
                drawn.fail(as_error_object(message.e))
            else:
                drawn.take(message.v, last=message.d is not UNSET and bytes(message.d) == b"true")

    def _query(self, query: kkrpc2.Query, size: int, calls: list[Call]) -> None:
        """Act on what is asked for."""
        identity, path = query.id, query.p
        if identity is UNSET or not path:
            self.refuse(
                self.routes2.plain, id_of(identity), invalid("a query has an id and a path")
            )
            return
        key = b"".join((identity, b"\t"))
        if key[0] not in IDS:
            self.refuse(self.routes2.plain, NULL, invalid("the id is no text"))
            return
        name = path[0] if len(path) == 1 else ".".join(path)
        if query.op != "call":
            what = _UNKNOWN.get(query.op, f"kkrpc's operation {query.op[:_SHOWN]!r} is not known")
            error = ErrorObject(ErrorCode.METHOD_NOT_FOUND, what, {"method": name[:_SHOWN]})
            self.refuse(self.routes2.plain, key, error)
            return
        self._start(
            *(self.routes2, key, name),
            lambda: kkrpc2.arguments_of(query),
            *(size, calls, _trace(query.meta)),
        )

    # ------------------------------------------------------------------------------- calls

    def _start(
        self,
        routes: Routes,
        key: bytes,
        name: str,
        given: Callable[[], Sequence[Argument]],
        size: int,
        calls: list[Call],
        trace: Trace | None,
    ) -> None:
        """Make a call of a method that somebody may offer, or nobody."""
        wire, plain, route, session = routes.wire, routes.plain, routes[name], self.session
        session.wire = wire
        try:
            arguments = given()
        except Formless as reason:
            message = f"Invalid params: {name[:_SHOWN]}: {reason}"
            self.refuse(plain, key, ErrorObject(ErrorCode.INVALID_PARAMS, message))
            return
        except (ValueError, RecursionError) as reason:
            self.refuse(plain, key, invalid(f"the arguments cannot be read: {reason}"))
            return
        if route is None:
            self._answer_for_system(plain, key, name, arguments)
            return
        if route.refusal is not None:
            self.refuse(plain, key, route.refusal)
            return
        handler, answers = route.handler, route.answers
        values: list[Any] = [each for each in arguments if each.__class__ is Raw]
        if route.plain and len(values) == len(arguments):
            params = b"[%b]" % b",".join(values)
            call = Call(key, handler, params, size, None, session, False, answers)
            call.trace = trace
            calls.append(call)
            return
        lent = Lent(session, wire)
        try:
            params = route.arguments.params(arguments, lent)
        except RpcError as error:
            lent.end()
            self.refuse(plain, key, error_object(error))
            return
        call = Call(key, handler, params, size, None, session, False, answers)
        call.trace = trace
        if lent:
            call.attach(lent)
        calls.append(call)

    def _answer_for_system(
        self, plain: Answers, key: bytes, name: str, arguments: Sequence[Argument]
    ) -> None:
        """Answer what is the protocol's own, or nobody's. kkrpc has no sessions to say hello."""
        values = b",".join(each if isinstance(each, Raw) else NULL for each in arguments)
        if name == "system.hello":
            answer: bytes | ErrorObject = ErrorObject(ErrorCode.METHOD_NOT_FOUND, _HELLO)
        else:
            answer = self._channel.answer_for_system(name, Raw(b"[%b]" % values))
        if isinstance(answer, bytes):
            self._channel.answer(*plain.result(key, answer))
        else:
            self.refuse(plain, key, answer)


class _Metadata(msgspec.Struct):
    traceparent: Raw | UnsetType = UNSET
    tracestate: Raw | UnsetType = UNSET


def _trace(meta: Raw | UnsetType) -> Trace | None:
    """Return where a call says that it is in a trace."""
    if meta is UNSET:
        return None
    try:
        found = msgspec.json.decode(meta, type=_Metadata)
    except (ValueError, RecursionError):
        return None
    parent = text(found.traceparent)
    return None if parent is None else Trace(parent, text(found.tracestate))


def _value(argument: Argument) -> Raw:
    """Return an argument of a function of ours, of which none can be left out."""
    return argument if isinstance(argument, Raw) else Raw(NULL)


def invalid(reason: str) -> ErrorObject:
    """Say what is wrong with a message."""
    return ErrorObject(ErrorCode.INVALID_REQUEST, f"Invalid Request: {reason}")


def id_of(raw: Raw | UnsetType) -> bytes:
    """Return an id to answer with; null if there is none."""
    if raw is UNSET:
        return NULL
    identity = bytes(raw)
    return identity if identity[0] in IDS else NULL


def _is_nothing(raw: Raw | UnsetType) -> bool:
    """Tell whether this says nothing: it is not there, null, empty or false, as JavaScript sees."""
    return raw is UNSET or bytes(raw) in {b"null", b"[]", b'""', b"false", b"0"}


def _credit(raw: Raw | UnsetType) -> int:
    """Return how many items a page asks for; it means one if it does not say."""
    if raw is UNSET:
        return 1
    try:
        number: float = msgspec.json.decode(raw, type=float)
    except msgspec.DecodeError:
        return 1
    return max(1, math.floor(min(number, MOST)))
