"""Plain values, many at once: whether all of them may be sent, some three times as fast as a loop.

A yes is final. After a no they may yet be: the loop decides, and finds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from math import isfinite
from operator import attrgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from rpc_worker import schema
from rpc_worker.scalars import SAFE

__all__ = [
    "AtOnce",
    "at_once_of",
    "can_go_wrong",
    "class_of",
    "complete",
    "defaults_of",
    "getter_of",
]

AtOnce: TypeAlias = Callable[[Collection[Any]], bool]

_Int: TypeAlias = Annotated[int, msgspec.Meta(ge=-SAFE, le=SAFE)]
_ONLY_INTS: Final = frozenset({int})
_ONLY_FLOATS: Final = frozenset({float})


def _are_safe_ints(values: Collection[Any]) -> bool:
    # `convert` alone would let a BigInt pass, which is sent as a text.
    if not _ONLY_INTS.issuperset(map(type, values)):
        return False
    try:
        msgspec.convert(values, list[_Int])
    except msgspec.ValidationError:
        return False
    return True


def _are_finite_floats(values: Collection[Any]) -> bool:
    # The sum of what is finite can be infinite: then they are looked at one by one.
    return _ONLY_FLOATS.issuperset(map(type, values)) and isfinite(sum(values))


def at_once_of(
    node: schema.Type, known: dict[schema.Record, AtOnce | None] | None = None
) -> AtOnce | None:
    """Return whether values of a type may all be sent; None where there is no such short cut.

    Args:
        node: The type of each value.
        known: The answers for records so far; None while a record is looked at, so that one that
            contains itself has no short cut.
    """
    known = {} if known is None else known
    match node:
        case schema.Scalar(kind="int"):
            return _are_safe_ints
        case schema.Scalar(kind="float"):
            return _are_finite_floats
        case schema.Union(members=(inner, last)) if schema.is_null(last):
            at_once = at_once_of(inner, known)
            return at_once and (lambda values: at_once([v for v in values if v is not None]))
        case schema.Record(kind="struct" | "dataclass" | "attrs" | "pydantic"):
            if node not in known:
                known[node] = None
                known[node] = _columns(node, known)
            return known[node]
        case _:
            return None


def _columns(node: schema.Record, known: dict[schema.Record, AtOnce | None]) -> AtOnce | None:
    """Return the same for records: their class at once, then each field of all of them."""
    if defaults_of(node.cls):
        return None
    columns: list[tuple[Callable[[Any], Any], AtOnce]] = []
    for field in node.fields:
        if can_go_wrong(field.type):
            at_once = None if field.unset else at_once_of(field.type, known)
            if at_once is None:
                return None
            columns.append((getter_of(node, field), at_once))
    only = frozenset({class_of(node)})

    def check(values: Collection[Any]) -> bool:
        return only.issuperset(map(type, values)) and all(
            at_once(list(map(get, values))) for get, at_once in columns
        )

    return check


def class_of(node: schema.Record) -> type:
    """Return the class of a record's values; a generic Pydantic model has one for each argument."""
    cls: type = node.annotation if node.kind == "pydantic" else node.cls
    return cls


@cache
def defaults_of(cls: Any) -> dict[str, Any]:
    """Return the defaults that an instance of a dataclass may have by its class alone.

    msgspec sets none of those on what it decodes, and encodes what is set: they would be missing
    where a value goes back as it came.
    """
    if not hasattr(cls, "__dataclass_fields__") or not cls.__dictoffset__:
        return {}
    import dataclasses  # noqa: PLC0415 - whoever has such a class has imported it

    defaults = {field.name: field.default for field in dataclasses.fields(cls)}
    return {name: it for name, it in defaults.items() if it is not dataclasses.MISSING}


def complete(value: Any, defaults: Mapping[str, Any]) -> None:
    """Set on an instance what it has by its class alone: it is no other one for that."""
    own: dict[str, Any] = value.__dict__
    for name, default in defaults.items():
        own.setdefault(name, default)


def getter_of(node: schema.Record, field: schema.Field) -> Callable[[Any], Any]:
    """Return what takes a field of a value that is no dictionary."""
    if node.kind != "pydantic":
        return attrgetter(field.name)
    # Pydantic would warn of a field that is deprecated.
    name = field.name
    return lambda value: value.__dict__[name]


_RISKY: Final = frozenset({"any", "raw", "int", "float", "bigint", "datetime", "time"})


def can_go_wrong(node: schema.Type, seen: set[schema.Record] | None = None) -> bool:
    """Whether msgspec would write a value inside as something else, or not all of it, unsaid."""
    seen = set() if seen is None else seen
    match node:
        case schema.Scalar():
            return node.kind in _RISKY
        case schema.Choice() | schema.Enumeration():
            return False
        case schema.Array():
            return can_go_wrong(node.item, seen)
        case schema.Tuple():
            return any(can_go_wrong(item, seen) for item in node.items)
        case schema.Map():
            return can_go_wrong(node.key, seen) or can_go_wrong(node.value, seen)
        case schema.Union():
            return any(can_go_wrong(m, seen) for m in node.members)
        case schema.Record():
            if node in seen:
                return False
            seen.add(node)
            return bool(defaults_of(node.cls)) or any(
                can_go_wrong(field.type, seen) for field in node.fields
            )
