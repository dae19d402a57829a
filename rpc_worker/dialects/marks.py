"""superjson's marks on what comes: by path, what stands there that JSON has no form for.

Where dates, bytes and big integers are, the contract knows; the marks tell what is undefined, and
what is of a kind that no contract has. A `Map` would be an array of pairs to a handler, and NaN a
text, and nobody would be told: such a value is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.dialects.codecs import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpc_worker.dialects.wire import Argument

__all__ = ["Formless", "unmarked"]

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode

_FORMED: Final = frozenset({"Date", "bigint", "typed-array", "set", "URL", "Error"})
"""Marks of what has a form in JSON that says the same: a text, an array, an object's members."""

_DIGITS: Final = 10
"""More digits than this has no index."""


class Formless(ValueError):  # noqa: N818 - it is the value that is without
    """A value has no form here."""

    def __init__(self, path: str, mark: str) -> None:
        super().__init__(f"{path} is marked as {mark} by superjson, which has no form here")


class _Meta(msgspec.Struct):
    values: dict[str, Any] = {}
    equalities: Any = msgspec.field(default=None, name="referentialEqualities")


_decode_meta: Final = msgspec.json.Decoder(_Meta).decode


def unmarked(members: dict[str, Argument], meta: Raw | UnsetType) -> None:
    """Take away what is marked as undefined: whole members, and members of objects in them.

    Args:
        members: What stands in a message's `args`, by name or by index.
        meta: The marks on the message.

    Raises:
        Formless: One is marked as what has no form here.
        ValueError: The marks cannot be read.
    """
    if meta is UNSET:
        return
    found = _decode_meta(meta)
    _refuse_cycles(found.equalities)
    within: dict[str, list[tuple[str, str]]] = {}
    for path, mark in _marks(found.values, ""):
        head, _, rest = path.partition(".")
        name, dot, _ = rest.partition(".")
        if head != "args" or name not in members or mark in _FORMED:
            continue
        if mark == "undefined" and not dot:
            members[name] = UNSET
        elif mark in {"undefined", "number"}:
            within.setdefault(name, []).append((path, mark))
        else:
            raise Formless(path, mark)
    for name, marks in within.items():
        value = members[name]
        if isinstance(value, Raw):
            members[name] = _edited(value, marks)


def _refuse_cycles(equalities: Any) -> None:
    """Refuse what is a part of itself: superjson has null there. All else it has written out.

    Args:
        equalities: By the path of what is there several times: the other paths; beside those of the
            message itself, which is in none of its arguments.
    """
    for each in equalities if is_array(equalities) else [equalities]:
        for path, others in each.items() if is_object(each) else ():
            for other in others if is_array(others) else ():
                if isinstance(other, str) and other.startswith(f"{path}."):
                    raise Formless(other, "a part of itself")


def _marks(values: dict[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    """Yield each path and what is marked there.

    Args:
        values: The marks by path: `["Date"]`, or with those within, `["set", {"0": ["Date"]}]`.
        prefix: What stands before each path.
    """
    for path, tags in values.items():
        if not is_array(tags) or not tags:
            continue
        tag, *inner = tags
        names = [str(name) for name in (tag if is_array(tag) else [tag])]
        yield f"{prefix}{path}", names[0] if names[:1] and names[0] in _FORMED else " ".join(names)
        if inner and is_object(inner[0]):
            yield from _marks(inner[0], f"{prefix}{path}.")


def _edited(raw: Raw, marks: Iterable[tuple[str, str]]) -> Raw:
    """Return one of the `args` without what is undefined: superjson has null there."""
    values = [_decode(raw)]
    for path, mark in marks:
        # Of the path `args.3.a.b` the rest is looked for in the value: `0.a.b`.
        place, last = _place(values, ["0", *_keys(path)[2:]])
        if mark == "number":
            _set_number(place, last, path)
        elif is_object(place):
            place.pop(last, None)
    return Raw(_encode(values[0]))


def _set_number(place: Any, last: str, path: str) -> None:
    """Put 0 in the place of -0, as JSON.stringify does; no other number that is marked has one."""
    key: Any = _index(last, place) if is_array(place) else last
    if key is None or not (is_array(place) or (is_object(place) and key in place)):
        return
    container: Any = place
    if container[key] != "-0":
        raise Formless(path, f"the number {container[key]}")
    container[key] = 0


def _place(value: Any, keys: Sequence[str]) -> tuple[Any, str]:
    """Return the array or object at the end of a path, if there is one, and the last key in it."""
    *parents, last = keys
    for key in parents:
        if is_array(value):
            index = _index(key, value)
            value = None if index is None else value[index]
        elif is_object(value):
            value = value.get(key)
        else:
            value = None
    return value, last


def _index(key: str, array: Sequence[Any]) -> int | None:
    known = key.isdecimal() and len(key) < _DIGITS and int(key) < len(array)
    return int(key) if known else None


def _keys(path: str) -> list[str]:
    """Return the parts of a path, in which a name's own dots have a backslash before them."""
    keys, key, escaped = list[str](), "", False
    for character in path:
        if escaped or character not in "\\.":
            key, escaped = key + character, False
        elif character == "\\":
            escaped = True
        else:
            keys.append(key)
            key = ""
    return [*keys, key]
