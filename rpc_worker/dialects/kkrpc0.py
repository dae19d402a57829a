"""kkrpc 0.x: messages with a `type`, in plain JSON or in superjson; each line says which.

A client is written to in what it writes itself: one that writes plain JSON may know nothing else,
as 0.1, or may have been told that it gets no `Date`. One that writes superjson gets superjson where
there are dates, big integers or bytes, and plain JSON, which it reads as well, for all else. What a
message sets in motion is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.dialects.codecs import Marked
from rpc_worker.dialects.marks import unmarked
from rpc_worker.dialects.wire import Argument, Flow, Function, Wire
from rpc_worker.messages import JOINED, NULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.dialects.codecs import Codec
    from rpc_worker.messages import ErrorObject

__all__ = [
    "Kkrpc0",
    "Message",
    "Outcome",
    "PlainRequest",
    "Superjson",
    "Superjson0",
    "arguments_of",
    "decode",
    "decode_plain",
    "decode_plain_superjson",
    "decode_superjson",
    "outcome_of",
]

_encode: Final = msgspec.json.Encoder().encode

CALLBACK: Final = "__callback__"
"""How an argument begins that stands for a function; its id follows."""


class Message(msgspec.Struct, gc=False):
    """Any message of 0.x; which one is in `type`.

    Attributes:
        type: `request`, `response` or `callback`; what later ones of 0.x add is not understood.
        args: The arguments; of a response, an object with the result or the error.
        callbacks: The ids of the functions among the arguments.
        slots: What is handed over in the memory of a window, which no pipe can.
        t: What makes it a message of 2.x, and no other.
    """

    type: str
    id: Raw | UnsetType = UNSET
    method: str | UnsetType = UNSET
    args: Raw | UnsetType = UNSET
    callbacks: list[str] | UnsetType | None = msgspec.field(default=UNSET, name="callbackIds")
    slots: Raw | UnsetType = msgspec.field(default=UNSET, name="transferSlots")
    t: Raw | UnsetType = UNSET
    jsonrpc: Raw | UnsetType = UNSET


class Superjson(msgspec.Struct, gc=False):
    """The same in superjson."""

    json: Message
    meta: Raw | UnsetType = UNSET
    jsonrpc: Raw | UnsetType = UNSET


class PlainRequest(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A call with nothing but values, just as kkrpc writes it. What most lines of 0.x are."""

    id: Raw
    method: str
    args: Raw
    type: Literal["request"]
    version: Literal["json", "superjson"]
    callbacks: None = msgspec.field(default=None, name="callbackIds")
    slots: None = msgspec.field(default=None, name="transferSlots")


class PlainSuperjson(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The same, with the marks of what JSON has no form for."""

    json: PlainRequest
    meta: Raw


class Outcome(msgspec.Struct):
    """The `args` of a response: neither member, if the result is undefined."""

    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET


decode: Final = msgspec.json.Decoder(Message).decode
decode_plain: Final = msgspec.json.Decoder(PlainRequest).decode
decode_plain_superjson: Final = msgspec.json.Decoder(PlainSuperjson).decode
decode_superjson: Final = msgspec.json.Decoder(Superjson).decode
_decode_values: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_outcome: Final = msgspec.json.Decoder(Outcome).decode


def arguments_of(message: Message, meta: Raw | UnsetType) -> list[Argument]:
    """Return what was given.

    Raises:
        Formless: A value has no form here.
        ValueError: It cannot be read.
    """
    if message.args is UNSET:
        return []
    values: list[Argument] = [*_decode_values(message.args)]
    for identity in message.callbacks or ():
        marker = _encode(CALLBACK + identity)
        for index, value in enumerate(values):
            if isinstance(value, Raw) and bytes(value) == marker:
                values[index] = Function(identity)
    if meta is UNSET:
        return values
    members = {str(index): value for index, value in enumerate(values)}
    unmarked(members, meta)
    return [*members.values()]


def outcome_of(message: Message, meta: Raw | UnsetType) -> Outcome:
    """Return what one of our calls was answered with.

    Raises:
        Formless: The result, or a part of it, has no form here.
        ValueError: It cannot be read.
    """
    outcome = _decode_outcome(message.args or b"{}")
    if meta is UNSET:
        return outcome
    members: dict[str, Argument] = {"result": outcome.result, "error": outcome.error}
    unmarked(members, meta)
    result, error = members["result"], members["error"]
    return Outcome(
        result if isinstance(result, Raw) else UNSET, error if isinstance(error, Raw) else UNSET
    )


class Kkrpc0(Wire):
    """kkrpc 0.x, as it is written to a client that writes plain JSON."""

    name = "kkrpc 0.x"
    mark = b" "
    has_streams = False

    def changes(self, codec: Codec) -> bool:
        return codec.has_bytes

    def value(self, codec: Codec, body: Raw) -> Raw | Marked:
        return codec.formed(body) if codec.has_bytes else body

    def result(self, identity: bytes, body: bytes) -> tuple[bytes, ...]:
        parts = (b'{"id":', identity.strip(), b',"method":"","args":{"result":', body, _END)
        return (b"".join(parts),) if len(body) <= JOINED else parts

    def void(self, identity: bytes) -> bytes:
        own = identity.strip()
        return b'{"id":%b,"method":"","args":{},"type":"response","version":"json"}\n' % own

    def error(self, identity: bytes, error: ErrorObject) -> bytes:
        text = _encode(self._names.message(error))
        return b'{"id":%b,"method":"","args":{"error":%b%b' % (identity.strip(), text, _END)

    def request(self, identity: bytes, method: str, arguments: Sequence[Argument]) -> bytes:
        functions: list[str] = []
        values: list[bytes] = []
        for argument in arguments:
            match argument:
                case Function(id=function):
                    functions.append(function)
                    values.append(_encode(CALLBACK + function))
                case Flow():
                    raise TypeError(f"{method}: {self.name} has no streams")
                case _:
                    values.append(_text(argument))
        given = b',"callbackIds":%b' % _encode(functions) if functions else b""
        head = (identity, _encode(method), b",".join(values), given)
        return _line(b'{"id":%b,"method":%b,"args":[%b],"type":"request"%b' % head, arguments)

    def told(self, function: str, arguments: Sequence[Argument]) -> bytes:
        # Nobody answers it, so its own id is never looked at.
        members = (_encode(function), b",".join(map(_text, arguments)))
        message = b'{"id":"0","method":%b,"args":[%b],"type":"callback"' % members
        return _line(message, arguments)


class Superjson0(Kkrpc0):
    """The same, as it is written to a client that writes superjson."""

    def changes(self, codec: Codec) -> bool:
        return codec.is_marked

    def value(self, codec: Codec, body: Raw) -> Raw | Marked:
        if not codec.is_marked:
            return body
        value = codec.marked(body)
        return value if value.marks else body

    def marked(self, identity: bytes, value: Marked) -> tuple[bytes, ...]:
        marks = _encode({f"args.result{path}": mark for path, mark in value.marks.items()})
        return (
            b'{"json":{"id":%b,"method":"","args":{"result":' % identity.strip(),
            bytes(value.text),
            b'},"type":"response","version":"superjson"},"meta":{"values":%b,"v":1}}\n' % marks,
        )


def _text(argument: Argument) -> bytes:
    """Return the JSON text of a value."""
    match argument:
        case Raw():
            return bytes(argument)
        case Marked(text=text):
            return bytes(text)
        case _:
            return NULL


def _line(message: bytes, arguments: Sequence[Argument]) -> bytes:
    """Return a line that has arguments: in superjson, if there are marks on them.

    Args:
        message: It, up to its last member.
        arguments: Those that it has.
    """
    marks = {
        f"args.{index}{path}": mark
        for index, argument in enumerate(arguments)
        if isinstance(argument, Marked)
        for path, mark in argument.marks.items()
    }
    if not marks:
        return b'%b,"version":"json"}\n' % message
    meta = _encode(marks)
    return b'{"json":%b,"version":"superjson"},"meta":{"values":%b,"v":1}}\n' % (message, meta)


_END: Final = b'},"type":"response","version":"json"}\n'
