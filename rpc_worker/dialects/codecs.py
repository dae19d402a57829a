"""Values that JSON has no form for, as kkrpc's clients have them, by the contract's types.

superjson marks such values by their paths. Coming in, only the mark of undefined is needed: the
contract knows where bytes are, dates are the text that it has for them, and so are big integers.
Going out, a client of kkrpc 0.x that reads superjson is given the marks, and rebuilds `Date`,
`bigint`, `Uint8Array` and `Set`; one that reads plain JSON alone is given bytes in kkrpc's own form
for them, and for the others what the contract has in JSON.
"""

from __future__ import annotations

import base64
import binascii
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import msgspec
from msgspec import Raw

from rpc_worker.schema import Array, Map, Record, Scalar, Stream, Tuple, Type, Union

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Codec", "Marked", "codec_of", "is_array", "is_object", "key"]

_MARKED: Final = {
    "bytes": ["typed-array", "Uint8Array"],
    "datetime": "Date",
    "bigint": "bigint",
    "set": "set",
    "frozenset": "set",
}
"""Kinds of values that superjson has a mark for, and which."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class Marked(msgspec.Struct, frozen=True):
    """A value in superjson.

    Attributes:
        text: Its JSON text.
        marks: By path from the value itself, which has the empty one: what is rebuilt there. The
            marks within a value stand before its own: that is how it is rebuilt.
    """

    text: Raw
    marks: dict[str, list[Any]]


class Codec:
    """How the values of one type are changed on their way."""

    def __init__(self, node: Type | Stream) -> None:
        self._node = node

    @cached_property
    def has_bytes(self) -> bool:
        """Whether there can be bytes in a value."""
        return "bytes" in self._kinds

    @cached_property
    def is_marked(self) -> bool:
        """Whether there can be anything in a value that superjson marks."""
        return not self._kinds.isdisjoint(_MARKED)

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset(_kinds(self._node, set()))

    def taken(self, raw: Raw) -> bytes:
        """Return JSON text that came, with all bytes in base64, as the contract's decoders want."""
        if not self.has_bytes:
            return bytes(raw)
        try:
            return _encode(_taken(self._node, _decode(raw)))
        except (msgspec.DecodeError, RecursionError):
            return bytes(raw)

    def marked(self, body: Raw) -> Marked:
        """Return JSON text that goes out as superjson has it, and its marks."""
        marks: dict[str, list[Any]] = {}
        value = _marked(self._node, _decode(body), marks)
        return Marked(Raw(_encode(value)), marks)

    def formed(self, body: Raw) -> Raw:
        """Return JSON text that goes out, with bytes in the form that kkrpc has in plain JSON."""
        return Raw(_encode(_walk(self._node, _decode(body), "", _form_scalar)))


codec_of: Final = cache(Codec)
"""The same for each type, where it is asked for again and again: a contract has not many."""


def _kinds(node: Type | Stream, seen: set[int]) -> Iterable[str]:
    """Yield the kinds of scalars and arrays that there can be in a value of a type."""
    if id(node) in seen:
        return
    seen.add(id(node))
    match node:
        case Scalar():
            yield node.kind
        case Array():
            yield node.kind
            yield from _kinds(node.item, seen)
        case Stream():
            yield from _kinds(node.item, seen)
        case Tuple():
            for item in node.items:
                yield from _kinds(item, seen)
        case Map():
            yield from _kinds(node.value, seen)
        case Record():
            for field in node.fields:
                yield from _kinds(field.type, seen)
        case Union():
            for member in node.members:
                yield from _kinds(member, seen)
        case _:
            pass


def _taken(node: Type | Stream, value: Any) -> Any:
    """Return a value with its bytes in base64."""
    return _walk(node, value, "", _take_scalar)


def _take_scalar(node: Scalar | Array, value: Any, _path: str) -> Any:
    octets = _octets(value) if node.kind == "bytes" else None
    return value if octets is None else base64.b64encode(octets).decode()


def _octets(value: Any) -> bytes | None:
    """Return the bytes that stand as numbers: in a list, in kkrpc's own form, or by their index."""
    if is_object(value):
        # JSON.stringify knows no typed arrays, and makes {"0":1,"1":2} of one. {} may be an empty
        # one; or an ArrayBuffer, a Set or a Map, whatever is in it: that is refused.
        own = value.get("type") == "Uint8Array"
        value = value.get("data") if own else [*value.values()] if _counts(value) else None
    if not is_array(value) or not {*map(type, value)} <= {int}:
        return None
    try:
        return bytes(value)
    except ValueError:  # One is no octet.
        return None


def _counts(value: dict[str, Any]) -> bool:
    """Tell whether an object has members, and they are named by numbers, from 0 on."""
    return bool(value) and all(name == str(index) for index, name in enumerate(value))


def _marked(node: Type | Stream, value: Any, marks: dict[str, list[Any]]) -> Any:
    def mark(part: Scalar | Array, found: Any, at: str) -> Any:
        if found is None or part.kind not in _MARKED:
            return found
        if part.kind == "bytes":
            octets = _numbers(found)
            if octets is None:
                return found
            found = octets
        marks[at] = [_MARKED[part.kind]]
        return found

    return _walk(node, value, "", mark)


def _form_scalar(node: Scalar | Array, value: Any, _path: str) -> Any:
    octets = _numbers(value) if node.kind == "bytes" else None
    return value if octets is None else {"type": "Uint8Array", "data": octets}


def _numbers(text: Any) -> list[int] | None:
    """Return bytes that stand in base64 as numbers; None if they do not."""
    try:
        return [*base64.b64decode(text, validate=True)]
    except (TypeError, ValueError, binascii.Error):
        return None


def _walk(node: Type | Stream, value: Any, path: str, change: Any) -> Any:
    """Return a value whose scalars and arrays have been changed, from the inside out.

    What is not of the type stays as it is. A stream's value is an array, as one is given whole.
    """
    match node:
        case Scalar():
            return change(node, value, path)
        case Array() | Stream() if is_array(value):
            items = [_walk(node.item, v, f"{path}.{i}", change) for i, v in enumerate(value)]
            return change(node, items, path) if isinstance(node, Array) else items
        case Tuple() if is_array(value) and len(value) == len(node.items):
            pairs = zip(node.items, value, strict=True)
            return [_walk(n, v, f"{path}.{i}", change) for i, (n, v) in enumerate(pairs)]
        case Map() if is_object(value):
            return {k: _walk(node.value, v, f"{path}.{key(k)}", change) for k, v in value.items()}
        case Record():
            return _walk_record(node, value, path, change)
        case Union():
            member = _member(node, value)
            return value if member is None else _walk(member, value, path, change)
        case _:
            return value


def _walk_record(node: Record, value: Any, path: str, change: Any) -> Any:
    fields = {field.wire: field.type for field in node.fields}
    if is_object(value):
        return {
            k: _walk(fields[k], v, f"{path}.{key(k)}", change) if k in fields else v
            for k, v in value.items()
        }
    if is_array(value) and node.array_like:
        tagged = node.tag is not None
        types = [None, *fields.values()] if tagged else [*fields.values()]
        return [
            v if i >= len(types) or (t := types[i]) is None else _walk(t, v, f"{path}.{i}", change)
            for i, v in enumerate(value)
        ]
    return value


def _member(union: Union, value: Any) -> Type | None:
    """Return the member of a union that a value is of, as far as its form tells."""
    if value is None:
        return None
    for node in union.members:
        match node:
            case Scalar(kind="bytes") if isinstance(value, str) or _octets(value) is not None:
                return node
            case Scalar(kind="datetime" | "bigint") if isinstance(value, str):
                return node
            case Array() | Tuple() if is_array(value):
                return node
            case Map() if is_object(value):
                return node
            case Record() if is_object(value) and not node.array_like and _has_tag(node, value):
                return node
            case _:
                continue
    return None


def _has_tag(node: Record, value: dict[str, Any]) -> bool:
    return node.tag_field is None or value.get(node.tag_field) == node.tag


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether decoded JSON is an object, for type checkers to know it."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether decoded JSON is an array, for type checkers to know it."""
    return isinstance(value, list)


def key(name: str) -> str:
    """Return a member's name as it stands in one of superjson's paths."""
    return name.replace("\\", "\\\\").replace(".", "\\.")
