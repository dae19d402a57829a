"""kkrpc 2.x: short messages with a `t`, in plain JSON.

What a message sets in motion is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.dialects.wire import Argument, Flow, Function, Strange, Wire
from rpc_worker.messages import JOINED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.messages import ErrorObject

__all__ = [
    "REFERENCE",
    "Answer",
    "Invocation",
    "Item",
    "Kkrpc2",
    "Message",
    "PlainQuery",
    "Pull",
    "Query",
    "Release",
    "argument_of",
    "arguments_of",
    "decode",
    "decode_plain",
    "flow_of",
]

_encode: Final = msgspec.json.Encoder().encode


REFERENCE: Final = b'"__kkrpc_ref__":'
"""How a reference begins. No string has this in it: a quotation mark there is escaped."""


class _Message(msgspec.Struct, gc=False, tag_field="t"):
    jsonrpc: Raw | UnsetType = UNSET


class Query(_Message, gc=False, tag="q"):
    """A call, or what else can be asked: `get`, `set`, `new`, `ref`."""

    id: Raw | UnsetType = UNSET
    op: str = "call"
    p: list[str] = []
    a: list[Raw] = []
    meta: Raw | UnsetType = UNSET


class Given(msgspec.Struct, gc=False, tag_field="__kkrpc_next_arg__", tag="value"):
    """A value in its envelope, as nearly all arguments are."""

    v: Raw


class PlainQuery(msgspec.Struct, gc=False, tag_field="t", tag="q", forbid_unknown_fields=True):
    """A call with nothing but values, just as kkrpc writes it. What most lines of 2.x are."""

    id: Raw
    op: Literal["call"]
    p: list[str]
    a: list[Given]


class Answer(_Message, gc=False, tag="r"):
    """What one of our calls is answered with: no member, if the result is undefined."""

    id: Raw | UnsetType = UNSET
    v: Raw | UnsetType = UNSET
    e: Raw | UnsetType = UNSET


class Invocation(_Message, gc=False, tag="cb"):
    """A call of a function of ours that the page was given."""

    id: str = ""
    a: list[Raw] = []


class Release(_Message, gc=False, tag="cbr"):
    """Functions of ours that the page has forgotten."""

    ids: list[str] = []


class Pull(_Message, gc=False, tag="sq"):
    """What is wanted of a stream of ours: `pull`, `return`, `throw`."""

    id: Raw | UnsetType = UNSET
    sid: str = ""
    op: str = "pull"
    n: Raw | UnsetType = UNSET
    v: Raw | UnsetType = UNSET


class Item(_Message, gc=False, tag="sr"):
    """An item of a stream of the page's, its end, or its failure."""

    sid: str = ""
    d: Raw | UnsetType = UNSET
    v: Raw | UnsetType = UNSET
    e: Raw | UnsetType = UNSET


Message: TypeAlias = Query | Answer | Invocation | Release | Pull | Item

decode: Final = msgspec.json.Decoder(Message).decode
decode_plain: Final = msgspec.json.Decoder(PlainQuery).decode


class _Envelope(msgspec.Struct, gc=False):
    """An argument in an envelope, or not."""

    kind: str | UnsetType = msgspec.field(default=UNSET, name="__kkrpc_next_arg__")
    v: Raw | UnsetType = UNSET
    id: str | UnsetType = UNSET


class _Stream(msgspec.Struct, gc=False):
    stream: str = msgspec.field(name="__kkrpc_next_stream__")
    id: str


_decode_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_decode_stream: Final = msgspec.json.Decoder(_Stream).decode


def arguments_of(query: Query) -> list[Argument]:
    """Return what was given in a query, in envelopes or not."""
    return [argument_of(each) for each in query.a]


def argument_of(raw: Raw) -> Argument:
    """Return what one argument stands for."""
    text = bytes(raw)
    if REFERENCE in text:
        return Strange("a reference to a remote object")
    if text[:1] != b"{":
        return raw
    try:
        envelope = _decode_envelope(raw)
    except msgspec.DecodeError:
        return raw
    if envelope.kind == "callback" and envelope.id is not UNSET:
        return Function(envelope.id)
    if envelope.kind is not UNSET and envelope.kind != "value":
        return Strange(f"an argument of kkrpc's kind {envelope.kind[:60]!r}")
    value = raw if envelope.kind is UNSET else envelope.v
    return value if value is UNSET else flow_of(value) or value


def flow_of(raw: Raw) -> Flow | None:
    """Return the stream that stands for a value, if one does."""
    if bytes(raw)[:1] != b"{":
        return None
    try:
        found = _decode_stream(raw)
    except msgspec.DecodeError:
        return None
    return Flow(found.id) if found.stream == "async-iterable" else None


class Kkrpc2(Wire):
    """kkrpc 2.x, as it is written."""

    name = "kkrpc 2.x"
    mark = b"\t"
    has_streams = True

    def result(self, identity: bytes, body: bytes) -> tuple[bytes, ...]:
        parts = (b'{"t":"r","id":', identity.strip(), b',"v":', body, b"}\n")
        return (b"".join(parts),) if len(body) <= JOINED else parts

    def void(self, identity: bytes) -> bytes:
        return b'{"t":"r","id":%b}\n' % identity.strip()

    def flow(self, identity: bytes, token: bytes) -> bytes:
        return b'{"t":"r","id":%b,"v":%b}\n' % (identity.strip(), _stream(token.decode()))

    def error(self, identity: bytes, error: ErrorObject) -> bytes:
        return b'{"t":"r","id":%b,"e":%b}\n' % (identity.strip(), self._names.members(error))

    def request(self, identity: bytes, method: str, arguments: Sequence[Argument]) -> bytes:
        given = b",".join(map(_given, arguments))
        path = _encode(method.split("."))
        return b'{"t":"q","id":%b,"op":"call","p":%b,"a":[%b]}\n' % (identity, path, given)

    def told(self, function: str, arguments: Sequence[Argument]) -> bytes:
        given = b",".join(map(_given, arguments))
        return b'{"t":"cb","id":%b,"a":[%b]}\n' % (_encode(function), given)

    def released(self, functions: Sequence[str]) -> bytes:
        """Return the line by which a page can forget functions."""
        return b'{"t":"cbr","ids":%b}\n' % _encode(functions)

    def pull(self, identity: bytes, sid: str, count: int) -> bytes:
        """Return the line that asks for items of a stream of the page's."""
        form = b'{"t":"sq","id":%b,"sid":%b,"op":"pull","n":%d}\n'
        return form % (identity, _encode(sid), count)

    def leave(self, identity: bytes, sid: str) -> bytes:
        """Return the line that leaves a stream of the page's."""
        return b'{"t":"sq","id":%b,"sid":%b,"op":"return"}\n' % (identity, _encode(sid))

    def item(self, identity: bytes, sid: str, value: Raw) -> bytes:
        """Return the line of an item of a stream of ours."""
        form = b'{"t":"sr","id":%b,"sid":%b,"d":false,"v":%b}\n'
        return form % (identity, _encode(sid), value)

    def over(self, identity: bytes, sid: str) -> bytes:
        """Return the line that ends a stream of ours, or tells that it has been left."""
        return b'{"t":"sr","id":%b,"sid":%b,"d":true}\n' % (identity, _encode(sid))

    def failed(self, identity: bytes, sid: str, error: ErrorObject) -> bytes:
        """Return the line of a stream of ours that fails, or is not there."""
        told = self._names.members(error)
        return b'{"t":"sr","id":%b,"sid":%b,"e":%b}\n' % (identity, _encode(sid), told)


def _given(argument: Argument) -> bytes:
    match argument:
        case Function(id=function):
            return b'{"__kkrpc_next_arg__":"callback","id":%b}' % _encode(function)
        case Flow(id=sid):
            return b'{"__kkrpc_next_arg__":"value","v":%b}' % _stream(sid)
        case Raw():
            return b'{"__kkrpc_next_arg__":"value","v":%b}' % argument
        case _:
            return b'{"__kkrpc_next_arg__":"value"}'


def _stream(sid: str) -> bytes:
    return b'{"__kkrpc_next_stream__":"async-iterable","id":%b}' % _encode(sid)
