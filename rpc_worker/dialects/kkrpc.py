"""The lines of kkrpc's clients: which dialect each is in, what it says, or what is wrong with it.

What a message sets in motion is not known here, but for the calls that most of them are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.calls import Call
from rpc_worker.dialects import kkrpc0, kkrpc2
from rpc_worker.dialects.acting import IDS, Acting, id_of, invalid
from rpc_worker.dialects.errors import as_error_object
from rpc_worker.dialects.kkrpc2 import REFERENCE
from rpc_worker.lines import Oversized
from rpc_worker.messages import NULL, are_readable, is_readable, is_utf8, text

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from rpc_worker.channel import Channel
    from rpc_worker.dialects.routes import Routes
    from rpc_worker.dispatch import Service
    from rpc_worker.limits import Limits
    from rpc_worker.lines import Line
    from rpc_worker.messages import ErrorObject, Foreign

__all__ = ["Kkrpc"]

_USUAL: Final = (
    Raw(b'{"values":{"callbackIds":["undefined"]},"v":1}'),
    Raw(b'{"values":{"callbackIds":["undefined"],"transferSlots":["undefined"]},"v":1}'),
)
"""The marks of a call without functions, as superjson has them for kkrpc 0.2 and for later ones:
they say nothing."""


class Form(NamedTuple):
    """How calls of one form begin, and what decodes those that have nothing but values."""

    start: bytes
    decode: Callable[[Line], Any]


_SUPERJSON: Final = Form(b'{"json":', kkrpc0.decode_plain_superjson)
_REQUEST: Final = Form(b'{"id":', kkrpc0.decode_plain)
_QUERY: Final = Form(b'{"t":"q"', kkrpc2.decode_plain)
_FORMS: Final = (_SUPERJSON, _QUERY, _REQUEST)


class Kkrpc:
    """The kkrpc clients of a channel."""

    def __init__(
        self,
        channel: Channel,
        service: Service,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._channel = channel
        self._acting = Acting(channel, service, limits, loop)

    def receive(self, lines: Sequence[Line | Oversized]) -> Sequence[Line | Oversized]:
        """Act on the lines that are kkrpc's for certain; return the others."""
        calls: list[Call] = []
        others: list[Line | Oversized] = []
        if lines and not self._receive_alike(lines, calls, others):
            others = [
                line
                for line in lines
                if isinstance(line, Oversized)
                or line.startswith(b'{"jsonrpc"')
                or not self._receive(line, calls)
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
        if isinstance(first, Oversized):
            return False
        form: Form
        for form in _FORMS:
            if first.startswith(form.start):
                break
        else:
            return False
        decode = form.decode
        try:
            messages: list[Any] = [*map(decode, lines)]
            if not are_readable(lines):
                return False
        except (TypeError, ValueError, RecursionError):
            # One is past the limit, or anything else.
            return False
        if form is _SUPERJSON:
            if not all([each.meta in _USUAL for each in messages]):  # noqa: C419 - a list is quicker
                return False
            messages = [each.json for each in messages]
        if form is _QUERY:
            self._calls2(messages, lines, calls, others)
        elif form is _SUPERJSON:
            self._calls0(self._acting.superjson0, messages, lines, calls, others)
        else:
            self._calls0(self._acting.routes0, messages, lines, calls, others)
        return True

    def _calls0(
        self,
        routes: Routes,
        requests: list[kkrpc0.PlainRequest],
        lines: Sequence[Line],
        calls: list[Call],
        others: list[Line | Oversized],
    ) -> None:
        session = self._acting.session
        session.wire = routes.wire
        for request, line in zip(requests, lines, strict=True):
            route = routes[request.method]
            key = b"".join((request.id, b" "))
            if route is not None and route.plain and key[0] in IDS:
                handler, answers = route.handler, route.answers
                size, params = len(line), request.args
                calls.append(Call(key, handler, params, size, None, session, False, answers))
            elif not self._receive(line, calls):
                others.append(line)

    def _calls2(
        self,
        messages: list[kkrpc2.PlainQuery],
        lines: Sequence[Line],
        calls: list[Call],
        others: list[Line | Oversized],
    ) -> None:
        routes, session = self._acting.routes2, self._acting.session
        session.wire = routes.wire
        for query, line in zip(messages, lines, strict=True):
            path = query.p
            route = routes[path[0] if len(path) == 1 else ".".join(path)]
            key = b"".join((query.id, b"\t"))
            if route is not None and route.plain and key[0] in IDS and REFERENCE not in line:
                handler, answers = route.handler, route.answers
                size, params = len(line), b"[%b]" % b",".join([each.v for each in query.a])
                calls.append(Call(key, handler, params, size, None, session, False, answers))
            elif not self._receive(line, calls):
                others.append(line)

    def _receive(self, line: Line, calls: list[Call]) -> bool:
        """Act on a line that begins as kkrpc writes it; return whether it is one, and a good one.

        Args:
            line: Any.
            calls: Where the call that it makes is added.
        """
        routes = self._acting.routes0
        meta: Raw | UnsetType = UNSET
        message: Any
        try:
            if line.startswith(b'{"json":'):
                enclosing = kkrpc0.decode_superjson(line)
                routes, message, meta = (
                    self._acting.superjson0,
                    enclosing.json,
                    enclosing.meta,
                )
                if enclosing.jsonrpc is not UNSET:
                    return False
            elif line.startswith(b'{"t":'):
                message = kkrpc2.decode(line)
            elif line.startswith(b'{"id":'):
                message = kkrpc0.decode(line)
                if message.t is not UNSET:
                    message = kkrpc2.decode(line)
            else:
                return False
        except (ValueError, RecursionError):
            return False
        if message.jsonrpc is not UNSET or not is_readable(line):
            return False
        if message.__class__ is kkrpc0.Message:
            self._acting.take0(routes, message, meta, len(line), calls)
        else:
            self._acting.take2(message, len(line), calls)
        return True

    def _receive_loosely(self, line: bytes, calls: list[Call]) -> bool:
        """Do the same with a line whose members are in another order."""
        try:
            if _read(line).t is UNSET:
                routes, message = self._acting.routes0, kkrpc0.decode(line)
                self._acting.take0(routes, message, UNSET, len(line), calls)
            else:
                self._acting.take2(kkrpc2.decode(line), len(line), calls)
        except msgspec.DecodeError:
            return False
        return True

    # ------------------------------------------------------------------- what is no message

    def _refuse_malformed(self, line: bytes) -> None:
        """Answer a line that says it is kkrpc's, and is no message."""
        found = _read(line)
        if found.t is not UNSET:
            reason, sort = _reason(kkrpc2.decode, line), text(found.t)
            if sort not in _UNANSWERED:
                self._refuse2(sort, id_of(found.id), text(found.sid), invalid(reason))
            return
        reason = _reason(kkrpc0.decode, line)
        if line.startswith(b'{"json":'):
            reason = _reason(kkrpc0.decode_superjson, line)
            found = _within(found)
            if found.t is not UNSET:
                # kkrpc 2 with a codec that is not its usual one reads nothing else either.
                told = self._acting.routes2.plain.error(id_of(found.id), invalid(_CODEC))
                self._channel.answer(b'{"json":%b}\n' % told.strip())
                return
        if text(found.type) not in _UNANSWERED:
            self._acting.refuse(self._acting.routes0.plain, id_of(found.id), invalid(reason))

    def _refuse2(
        self, sort: str | None, identity: bytes, sid: str | None, error: ErrorObject
    ) -> None:
        if sort == "sq":
            # What has asked waits for a word of its stream.
            self._channel.answer(self._acting.wire2.failed(identity, sid or "", error))
        else:
            self._acting.refuse(self._acting.routes2.plain, identity, error)

    def _refuse_unreadable(self, head: bytes, error: ErrorObject) -> None:
        """Answer a line that cannot be read, as far as its beginning tells what it was."""
        from rpc_worker.salvage import members  # noqa: PLC0415 - only for what cannot be read

        values = [*members(head.removeprefix(b'{"json":'))]
        found = {key: value for key, value in values if value is not None and is_utf8(value)}
        identity = found.get(b"id", NULL)
        if identity[0] not in IDS:
            identity = NULL
        sort, sid = text(Raw(found.get(b"t", NULL))), text(Raw(found.get(b"sid", NULL)))
        is_second = any(key == b"t" for key, _ in values)
        if sort == "r" or (not is_second and found.get(b"method") == b'""'):
            self._acting.session.unreadable(identity)
        elif sort == "sr":
            drawn = self._acting.session.drawn.get(sid or "")
            if drawn is not None:
                drawn.fail(as_error_object(Raw(msgspec.json.encode(error.message))))
        elif sort in _UNANSWERED:
            return
        elif is_second:
            self._refuse2(sort, identity, sid, error)
        else:
            self._acting.refuse(self._acting.routes0.plain, identity, error)


_UNANSWERED: Final = frozenset({"r", "cb", "cbr", "sr", "response", "callback"})
"""Messages that nobody waits for an answer to, by their `t` or `type`."""


_CODEC: Final = "kkrpc 2 is understood in plain JSON only: use its jsonLineCodec()"


class _Loose(msgspec.Struct):
    """Whatever a line of kkrpc's has, to find out what is wrong with it."""

    t: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    sid: Raw | UnsetType = UNSET
    json: Raw | UnsetType = UNSET


_read: Final = msgspec.json.Decoder(_Loose).decode


def _within(found: _Loose) -> _Loose:
    """Return the message that superjson encloses, if it is an object."""
    if found.json is UNSET or bytes(found.json)[:1] != b"{":
        return found
    return _read(found.json)


def _reason(decode: Callable[[bytes], object], line: bytes) -> str:
    try:
        decode(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return "it is no message of kkrpc's"
