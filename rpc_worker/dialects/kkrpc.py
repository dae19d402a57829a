"""What kkrpc's clients say, line by line: which dialect it is in, and what it asks for.

A call of theirs becomes a call of the channel's, with params and an id of its own, and is started,
limited and answered as any other. All else is the session's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.calls import Call, Trace
from rpc_worker.dialects import kkrpc0, kkrpc2
from rpc_worker.dialects.arguments import Arguments
from rpc_worker.dialects.errors import ErrorNames, as_error_object
from rpc_worker.dialects.sessions import KkrpcSession, Lent
from rpc_worker.dialects.wire import Answers, Argument, Wire
from rpc_worker.dispatch import error_object
from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.lines import Oversized
from rpc_worker.messages import NULL, ErrorObject, are_readable, is_readable, text

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from rpc_worker.channel import Channel
    from rpc_worker.dispatch import Handler, Service
    from rpc_worker.limits import Limits
    from rpc_worker.lines import Line
    from rpc_worker.messages import Foreign

__all__ = ["Kkrpc"]

_IDS: Final = frozenset(b'"-0123456789')
"""First bytes of an id: a string; or a number, which no kkrpc sends and anybody may."""

_USUAL: Final = Raw(b'{"values":{"callbackIds":["undefined"]},"v":1}')
"""The marks of a call without functions, as superjson has them: they say nothing."""

_SHOWN: Final = 100
"""Characters of a name that an error shows."""


class _Route(msgspec.Struct, frozen=True, eq=False):
    """One method in one dialect.

    Attributes:
        refusal: Why it cannot be called in this dialect, if it cannot.
    """

    handler: Handler
    arguments: Arguments
    answers: Answers
    plain: bool
    refusal: ErrorObject | None


class _Routes(dict[str, "_Route | None"]):
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

    def __missing__(self, method: str) -> _Route | None:
        handler = self._service.handlers[method]
        if handler is None:
            return None
        wire, refusal = self.wire, None
        if handler.streams and not wire.has_streams:
            message = f"{method} returns a stream, which {wire.name} has no form for"
            refusal = ErrorObject(ErrorCode.METHOD_NOT_FOUND, message, {"method": method})
        arguments, answers = Arguments(handler.method), Answers(wire, handler.method)
        plain = arguments.plain and refusal is None
        route = self[method] = _Route(handler, arguments, answers, plain, refusal)
        return route


class Kkrpc:
    """The kkrpc clients of a channel."""

    def __init__(
        self,
        channel: Channel,
        service: Service,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        names = ErrorNames(service.contract)
        self._channel = channel
        self._wire0 = kkrpc0.Kkrpc0(names)
        self._wire2 = kkrpc2.Kkrpc2(names)
        self._routes0 = _Routes(service, self._wire0)
        self._routes2 = _Routes(service, self._wire2)
        self._plain0, self._plain2 = self._routes0.plain, self._routes2.plain
        self._session = KkrpcSession(
            channel, loop, limits, frontend=service.frontend, wire=self._wire0
        )
        channel.sessions.foreign = self._session

    def receive(self, lines: Sequence[Line | Oversized]) -> Sequence[Line | Oversized]:
        """Act on the lines that are kkrpc's for certain; return the others."""
        calls: list[Call] = []
        others: list[Line | Oversized] = []
        if lines and not self._receive_alike(lines, calls, others):
            others = [
                line
                for line in lines
                if isinstance(line, Oversized) or not self._receive(line, calls)
            ]
        if calls:
            self._channel.admit(calls)
        return others

    def take(self, foreign: Foreign) -> None:
        """Act on a line that has been seen to be kkrpc's, whatever is wrong with it."""
        line = foreign.line
        if foreign.error is not None:
            self._refuse_unreadable(line, foreign.error)
            return
        calls: list[Call] = []
        if not self._receive(line, calls) and not self._receive_loosely(line, calls):
            self._refuse_malformed(line)
        self._channel.admit(calls)

    # ------------------------------------------------------------------------------- lines

    def _receive_alike(
        self, lines: Sequence[Any], calls: list[Call], others: list[Line | Oversized]
    ) -> bool:
        """Act on lines that are all short and, as most chunks are, calls of one form.

        What can be asked of all of them together costs each of them next to nothing.

        Args:
            lines: At least one.
            calls: Where the calls are added.
            others: Where those are added that are JSON-RPC's after all.

        Returns:
            Whether they are; if not, nothing has been done.
        """
        first = lines[0]
        if first.__class__ is not bytes:
            return False
        is_superjson = first.startswith(b'{"json":')
        if not is_superjson and not first.startswith(b'{"t":"q"'):
            return False
        decode: Any = kkrpc0.decode_superjson if is_superjson else kkrpc2.decode_values
        try:
            messages = [*map(decode, lines)]
            if not are_readable(lines):
                return False
        except (TypeError, ValueError, RecursionError):
            # One is past the limit, or of another form.
            return False
        if is_superjson:
            self._calls0(messages, lines, calls, others)
        else:
            self._calls2(messages, lines, calls, others)
        return True

    def _calls0(
        self,
        messages: list[kkrpc0.Superjson],
        lines: Sequence[Line],
        calls: list[Call],
        others: list[Line | Oversized],
    ) -> None:
        routes, session = self._routes0, self._session
        session.wire = self._wire0
        for enclosing, line in zip(messages, lines, strict=True):
            message, meta = enclosing.json, enclosing.meta
            # What most lines are is written out here; `_take0` knows all the rest.
            if (
                message.type == "request"
                and (meta == _USUAL or meta is UNSET)
                and not message.callbacks
                and message.slots is UNSET
                and (method := message.method) is not UNSET
                and (route := routes[method]) is not None
                and route.plain
                and (identity := message.id) is not UNSET
                and (key := b"".join((identity, b" ")))[0] in _IDS
                and enclosing.jsonrpc is UNSET
            ):
                handler, answers = route.handler, route.answers
                size, params = len(line), message.args
                calls.append(Call(key, handler, params, size, None, session, False, answers))
            elif enclosing.jsonrpc is UNSET:
                self._take0(message, meta, len(line), calls)
            else:
                others.append(line)

    def _calls2(
        self,
        messages: list[kkrpc2.Query],
        lines: Sequence[Line],
        calls: list[Call],
        others: list[Line | Oversized],
    ) -> None:
        routes, session = self._routes2, self._session
        session.wire = self._wire2
        for query, line in zip(messages, lines, strict=True):
            # As in `_calls0`; `_query` knows all the rest.
            if (
                query.op == "call"
                and len(path := query.p) == 1
                and (route := routes[path[0]]) is not None
                and route.plain
                and query.meta is UNSET
                and (identity := query.id) is not UNSET
                and (key := b"".join((identity, b"\t")))[0] in _IDS
                and query.jsonrpc is UNSET
            ):
                handler, answers = route.handler, route.answers
                given = query.a or ()
                size, params = len(line), b"[%b]" % b",".join([each.v for each in given])
                calls.append(Call(key, handler, params, size, None, session, False, answers))
            elif query.jsonrpc is UNSET:
                self._query(query, line, calls)
            else:
                others.append(line)

    def _receive(self, line: Line, calls: list[Call]) -> bool:
        """Act on a line that begins as kkrpc writes it; return whether it is one, and a good one.

        Args:
            line: Any.
            calls: Where the call that it makes is added.
        """
        meta: Raw | UnsetType = UNSET
        message: Any
        try:
            if line.startswith(b'{"json":'):
                enclosing = kkrpc0.decode_superjson(line)
                message, meta = enclosing.json, enclosing.meta
                if enclosing.jsonrpc is not UNSET:
                    return False
            elif line.startswith(b'{"t":'):
                message = kkrpc2.decode(line)
            elif line.startswith(b'{"id":'):
                message = kkrpc0.decode(line)
            else:
                return False
        except (ValueError, RecursionError):
            return False
        if message.jsonrpc is not UNSET or not is_readable(line):
            return False
        if message.__class__ is kkrpc0.Message:
            self._take0(message, meta, len(line), calls)
        else:
            self._take2(message, line, calls)
        return True

    def _receive_loosely(self, line: bytes, calls: list[Call]) -> bool:
        """Do the same with a line whose members are in another order."""
        try:
            if _read(line).t is UNSET:
                self._take0(kkrpc0.decode(line), UNSET, len(line), calls)
            else:
                self._take2(kkrpc2.decode(line), line, calls)
        except msgspec.DecodeError:
            return False
        return True

    # --------------------------------------------------------------------------- kkrpc 0.x

    def _take0(
        self, message: kkrpc0.Message, meta: Raw | UnsetType, size: int, calls: list[Call]
    ) -> None:
        identity, name = message.id, message.method
        if message.type != "request":
            self._take_other0(message)
            return
        if identity is UNSET or name is UNSET:
            self._refuse(self._plain0, _id(identity), _invalid("a request has an id and a method"))
            return
        key = b"".join((identity, b" "))
        if key[0] not in _IDS:
            self._refuse(self._plain0, NULL, _invalid("the id is no text"))
            return
        if not _is_nothing(message.slots):
            error = ErrorObject(ErrorCode.METHOD_NOT_FOUND, _SLOTS)
            self._refuse(self._plain0, key, error)
            return
        self._start(
            *(self._routes0, key, name),
            lambda: kkrpc0.arguments_of(message, meta),
            *(size, calls, None),
        )

    def _take_other0(self, message: kkrpc0.Message) -> None:
        """Act on what is no call, or on what later ones of 0.x can ask for and no contract has."""
        identity = _id(message.id)
        if message.type == "response":
            try:
                outcome = msgspec.json.decode(message.args or b"{}", type=kkrpc0.Outcome)
            except (ValueError, RecursionError):
                self._session.unreadable(identity)
                return
            error = UNSET if _is_nothing(outcome.error) else outcome.error
            self._session.settle(self._wire0, identity, outcome.result, error)
        elif message.type == "callback":
            if message.method is not UNSET:
                self._call_back(message.method, message.args)
        else:
            shown = message.type[:_SHOWN]
            what = _UNKNOWN.get(shown, f"kkrpc's {shown!r} is not known here")
            self._refuse(self._plain0, identity, ErrorObject(ErrorCode.METHOD_NOT_FOUND, what))

    def _call_back(self, function: str, args: Raw | UnsetType) -> None:
        try:
            values = [] if args is UNSET else msgspec.json.decode(args, type=list[Raw])
        except (ValueError, RecursionError):
            return
        self._session.called(function, values)

    # --------------------------------------------------------------------------- kkrpc 2.x

    def _take2(self, message: kkrpc2.Message, line: Line, calls: list[Call]) -> None:
        session = self._session
        if isinstance(message, kkrpc2.Query):
            self._query(message, line, calls)
        elif isinstance(message, kkrpc2.Answer):
            session.settle(self._wire2, _id(message.id), message.v, message.e)
        elif isinstance(message, kkrpc2.Invocation):
            arguments = [kkrpc2.argument_of(each) for each in message.a]
            session.called(
                message.id, [each if isinstance(each, Raw) else Raw(NULL) for each in arguments]
            )
        elif isinstance(message, kkrpc2.Release):
            session.released(message.ids)
        elif isinstance(message, kkrpc2.Pull):
            count = _credit(message.n)
            session.pulled(self._wire2, _id(message.id), message.sid, message.op, count)
        else:
            drawn = session.drawn.get(message.sid)
            if drawn is None:
                return
            if message.e is not UNSET:
                drawn.fail(as_error_object(message.e))
            else:
                drawn.take(message.v, last=message.d is not UNSET and bytes(message.d) == b"true")

    def _query(self, query: kkrpc2.Query, line: Line, calls: list[Call]) -> None:
        identity, path = query.id, query.p
        if identity is UNSET or not path:
            self._refuse(self._plain2, _id(identity), _invalid("a query has an id and a path"))
            return
        key = b"".join((identity, b"\t"))
        if key[0] not in _IDS:
            self._refuse(self._plain2, NULL, _invalid("the id is no text"))
            return
        name = path[0] if len(path) == 1 else ".".join(path)
        if query.op != "call":
            what = _UNKNOWN.get(query.op, f"kkrpc's operation {query.op[:_SHOWN]!r} is not known")
            error = ErrorObject(ErrorCode.METHOD_NOT_FOUND, what, {"method": name[:_SHOWN]})
            self._refuse(self._plain2, key, error)
            return
        self._start(
            *(self._routes2, key, name),
            lambda: kkrpc2.arguments_of(line),
            *(len(line), calls, _trace(query.meta)),
        )

    # ------------------------------------------------------------------------------- calls

    def _start(
        self,
        routes: _Routes,
        key: bytes,
        name: str,
        given: Callable[[], Sequence[Argument]],
        size: int,
        calls: list[Call],
        trace: Trace | None,
    ) -> None:
        """Make a call of a method that somebody may offer, or nobody."""
        wire, plain, route, session = routes.wire, routes.plain, routes[name], self._session
        session.wire = wire
        try:
            arguments = given()
        except (ValueError, RecursionError) as reason:
            self._refuse(plain, key, _invalid(f"the arguments cannot be read: {reason}"))
            return
        if route is None:
            self._answer_for_system(plain, key, name, arguments)
            return
        if route.refusal is not None:
            self._refuse(plain, key, route.refusal)
            return
        lent = Lent(session, wire)
        try:
            params = route.arguments.params(arguments, lent)
        except RpcError as error:
            lent.end()
            self._refuse(plain, key, error_object(error))
            return
        call = Call(key, route.handler, params, size, None, session, False, route.answers)
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
            self._refuse(plain, key, answer)

    # ------------------------------------------------------------------- what is not taken on

    def _refuse(self, answers: Answers, identity: bytes, error: ErrorObject) -> None:
        self._channel.answer(answers.error(identity, error))

    def _refuse_malformed(self, line: bytes) -> None:
        """Answer a line that says it is kkrpc's, and is no message."""
        found = _read(line)
        identity = _id(found.id)
        if found.t is UNSET:
            reason, answers, sort = _reason(kkrpc0.decode, line), self._plain0, text(found.type)
            if line.startswith(b'{"json":'):
                reason = _reason(kkrpc0.decode_superjson, line)
                found = _within(found)
                identity, sort = _id(found.id), text(found.type)
        else:
            reason, answers, sort = _reason(kkrpc2.decode, line), self._plain2, text(found.t)
        if sort not in _UNANSWERED:
            self._refuse(answers, identity, _invalid(reason))

    def _refuse_unreadable(self, head: bytes, error: ErrorObject) -> None:
        """Answer a line that cannot be read, as far as its beginning tells what it was."""
        from rpc_worker.salvage import members  # noqa: PLC0415 - only for what cannot be read

        values = members(head.removeprefix(b'{"json":'))
        found = {key: value for key, value in values if value is not None and _is_utf8(value)}
        identity = found.get(b"id", NULL)
        if identity[0] not in _IDS:
            identity = NULL
        sort = found.get(b"t")
        if sort == b'"r"' or (sort is None and found.get(b"method") == b'""'):
            self._session.unreadable(identity)
        elif sort == b'"sr"':
            drawn = self._session.drawn.get(text(Raw(found.get(b"sid", NULL))) or "")
            if drawn is not None:
                drawn.fail(as_error_object(Raw(msgspec.json.encode(error.message))))
        elif sort not in {b'"cb"', b'"cbr"'}:
            self._refuse(self._plain0 if sort is None else self._plain2, identity, error)


_UNANSWERED: Final = frozenset({"r", "cb", "cbr", "sr", "response", "callback"})
"""Messages that nobody waits for an answer to, by their `t` or `type`."""

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


class _Loose(msgspec.Struct):
    """Whatever a line of kkrpc's has, to find out what is wrong with it."""

    t: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    json: Raw | UnsetType = UNSET


_read: Final = msgspec.json.Decoder(_Loose).decode


def _within(found: _Loose) -> _Loose:
    """Return the message that superjson encloses, if it is an object."""
    if found.json is UNSET or bytes(found.json)[:1] != b"{":
        return found
    return _read(found.json)


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


def _reason(decode: Callable[[bytes], object], line: bytes) -> str:
    try:
        decode(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return "it is no message of kkrpc's"


def _invalid(reason: str) -> ErrorObject:
    return ErrorObject(ErrorCode.INVALID_REQUEST, f"Invalid Request: {reason}")


def _id(raw: Raw | UnsetType) -> bytes:
    """Return an id to answer with; null if there is none."""
    if raw is UNSET:
        return NULL
    identity = bytes(raw)
    return identity if identity[0] in _IDS else NULL


def _is_nothing(raw: Raw | UnsetType) -> bool:
    """Tell whether this says nothing: it is not there, null, empty or false, as JavaScript sees."""
    return raw is UNSET or bytes(raw) in {b"null", b"[]", b'""', b"false", b"0"}


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _credit(raw: Raw | UnsetType) -> int:
    """Return how many items a page asks for; it means one if it does not say."""
    if raw is UNSET:
        return 1
    try:
        number: float = msgspec.json.decode(raw, type=float)
    except msgspec.DecodeError:
        return 1
    return max(1, math.floor(min(number, _MOST)))


_MOST: Final = 2**31
