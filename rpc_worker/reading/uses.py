"""What a node may be used for: as a key, in a set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.schema import Array, Choice, Enumeration, Map, Record, Scalar, Tuple, Union

if TYPE_CHECKING:
    from rpc_worker.schema import Type

__all__ = ["is_hashable", "is_key", "is_variable"]

_KEYS: Final = frozenset(
    {
        "any", "int", "float", "str", "bytes", "bigint",
        "datetime", "date", "time", "timedelta", "uuid", "decimal",
    }
)  # fmt: skip


def is_key(node: Type) -> bool:
    """Tell whether a type can be the key of a JSON object, as msgspec has it."""
    match node:
        case Scalar(kind=kind):
            return kind in _KEYS
        case Choice(values=values):
            return not any(isinstance(value, bool) for value in values)
        case Enumeration():
            return True
        case Union(members=members):
            return all(map(is_key, members))
        case _:
            return False


def is_hashable(node: Type, within: tuple[Record, ...] = ()) -> bool:
    """Tell whether all values of a type, as they are decoded, can be in a set."""
    match node:
        case Scalar(kind=kind):
            return kind not in {"any", "raw"} or is_variable(node)
        case Choice() | Enumeration():
            return True
        case Array(kind=kind, item=item):
            return kind in {"tuple", "frozenset"} and is_hashable(item, within)
        case Tuple(items=items) | Union(members=items):
            return all(is_hashable(item, within) for item in items)
        case Record():
            if node in within:
                return True
            fields = (is_hashable(field.type, (*within, node)) for field in node.fields)
            return _has_hash(node.cls) and all(fields)
        case Map():
            return False


def is_variable(node: Type) -> bool:
    """Tell whether a node is a type variable's, in the template of a generic class."""
    return node.alias is not None and node.alias.kind == "variable"


def _has_hash(cls: Any) -> bool:
    if issubclass(cls, msgspec.Struct):
        config = cls.__struct_config__
        return config.frozen or not config.eq
    return cls.__hash__ is not None
