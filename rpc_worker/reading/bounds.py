"""What `msgspec.Meta` demands of a value, as constraints of its node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.reading.names import spell
from rpc_worker.schema import Array, Constraints, Map, Scalar

if TYPE_CHECKING:
    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import Type

__all__ = ["bounded", "bounds_of"]

_NUMBER: Final = frozenset({"gt", "ge", "lt", "le", "multiple_of"})
_LENGTH: Final = frozenset({"min_length", "max_length"})
_ADVICE: Final = {
    **dict.fromkeys(_NUMBER, "It bounds an int or a float: Annotated[int, Meta(…)] | None."),
    **dict.fromkeys(_LENGTH, "It bounds a str, bytes, list, set or dict."),
    "pattern": "It is for a str: Annotated[str, Meta(pattern=…)] | None.",
    "tz": "It is for a datetime or a time: Annotated[datetime, Meta(tz=True)] | None.",
}
_COMPARED: Final = range(-(2**63), 2**63)
"""Integers that msgspec compares with."""


def bounds_of(node: Type) -> frozenset[str]:
    """Return what `msgspec.Meta` can demand of a type, as msgspec has it."""
    match node:
        case Scalar(kind="int" | "float"):
            return _NUMBER
        case Scalar(kind="str"):
            return _LENGTH | {"pattern"}
        case Scalar(kind="datetime" | "time"):
            return frozenset({"tz"})
        case Scalar(kind="bytes") | Array() | Map():
            return _LENGTH
        case _:
            return frozenset()


def _demanded(annotation: Any) -> tuple[dict[str, Any], str]:
    """Return what an `Annotated` demands, by name, and what it demands twice, if anything."""
    bounds: dict[str, Any] = {}
    twice = ""
    for meta in annotation.__metadata__:
        if isinstance(meta, msgspec.Meta):
            found = {name: getattr(meta, name) for name in Constraints.__struct_fields__}
            found = {name: value for name, value in found.items() if value is not None}
            twice = next(iter(bounds.keys() & found.keys()), twice)
            bounds |= found
    return bounds, twice


def bounded(types: TypeReader, node: Type, annotation: Any, inner: Any, place: str) -> Type:
    """Return the node of an `Annotated` with its constraints; refuse those that it cannot have.

    Args:
        types: Where to refuse.
        node: The node of what stands in it.
        annotation: The whole, without aliases.
        inner: What stands in it, as it is written.
        place: Where it stands.
    """
    bounds, twice = _demanded(annotation)
    if not bounds:
        return node
    wrong = sorted(bounds.keys() - bounds_of(node))
    if wrong:
        what = f"Meta({wrong[0]}=…) says nothing about {spell(inner)}"
        return types.refuse(place, what, _ADVICE[wrong[0]])
    if twice:
        what = f"{spell(annotation)} has Meta({twice}=…) twice"
        return types.refuse(place, what, "Write it once; that of an alias counts too.")
    if isinstance(node, Scalar) and node.kind == "int":
        for name, value in bounds.items():
            if not isinstance(value, int) or value not in _COMPARED:
                what = f"Meta({name}={value!r}) is no integer of 64 bits, which an int is held to"
                return types.refuse(place, what, "Write another one, or leave it out.")
    assert isinstance(node, Scalar | Array | Map)  # noqa: S101 - `bounds_of` is empty for others
    return msgspec.structs.replace(node, annotation=annotation, constraints=Constraints(**bounds))
