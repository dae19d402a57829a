"""What the fields of a class are called on the wire, which may be missing, and what they become.

msgspec's own rules, kind by kind; the types of the fields are not read here.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin

import msgspec
import typing_extensions
from msgspec import NODEFAULT, UNSET, UnsetType

from rpc_worker.reading.aliases import UnusableAlias, resolve_aliases
from rpc_worker.reading.hints import is_union, union
from rpc_worker.reading.names import place_of, spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import Record

__all__ = ["Entry", "entries", "without_unset"]

_REQUIRED: Final = frozenset({typing.Required, typing_extensions.Required})
_MARKS: Final = _REQUIRED | {typing.NotRequired, typing_extensions.NotRequired}
_READ_ONLY: Final = typing_extensions.ReadOnly


class Entry(msgspec.Struct, frozen=True):
    """A field before its type is read.

    Attributes:
        hint: Its annotation, or `Unresolved`.
    """

    name: str
    wire: str
    hint: Any
    required: bool
    default: Any = UNSET


def entries(types: TypeReader, record: Record, hints: dict[str, Any]) -> Iterator[Entry]:
    """Return the fields of a record's class; those that msgspec cannot have are refused.

    Args:
        types: Where to refuse.
        record: The record, whose fields are still to be read.
        hints: The annotations of its class.
    """
    cls: Any = record.cls
    match record.kind:
        case "struct":
            return _of_struct(cls, hints)
        case "dataclass":
            return _of_dataclass(types, cls, hints)
        case "attrs":
            return _of_attrs(types, cls, hints)
        case "typeddict":
            return _of_typeddict(types, cls, hints)
        case _:
            return _of_namedtuple(cls, hints)


def _of_struct(cls: type[msgspec.Struct], hints: dict[str, Any]) -> Iterator[Entry]:
    for field in msgspec.structs.fields(cls):
        default = UNSET if field.default is NODEFAULT else field.default
        hint = hints.get(field.name, Any)
        yield Entry(field.name, field.encode_name, hint, field.required, default)


def _of_dataclass(types: TypeReader, cls: Any, hints: dict[str, Any]) -> Iterator[Entry]:
    import dataclasses  # noqa: PLC0415 - whoever has a dataclass has imported it

    for name, hint in hints.items():
        if isinstance(hint, dataclasses.InitVar):
            what = "InitVar is no field, and msgspec does not support it"
            types.refuse(f"{place_of(cls)}.{name}", what, "Use a Struct.")
    for field in dataclasses.fields(cls):
        if not field.init:
            what = "field(init=False) is not always on the wire"
            types.refuse(f"{place_of(cls)}.{field.name}", what, "Use a Struct.")
        made = field.default_factory is not dataclasses.MISSING
        given = field.default is not dataclasses.MISSING
        default = field.default if given else UNSET
        hint = hints.get(field.name, Any)
        yield Entry(field.name, field.name, hint, not (made or given), default)


def _of_attrs(types: TypeReader, cls: Any, hints: dict[str, Any]) -> Iterator[Entry]:
    import attrs  # noqa: PLC0415 - whoever has such a class has imported it

    for attribute in attrs.fields(cls):
        name, default = attribute.name, attribute.default
        place = f"{place_of(cls)}.{name}"
        if name not in hints:
            what = "it has no annotation, and msgspec knows no other way to tell its type"
            types.refuse(place, what, f"Write {name}: str = attr.ib(), or what it is.")
            continue
        made = isinstance(default, attrs.Factory)  # type: ignore[arg-type]  # it is a class
        if made and default.takes_self:
            what = "a default that takes self is not supported by msgspec"
            types.refuse(place, what, "Give it a default that does not.")
        given = default is not attrs.NOTHING and not made
        required = default is attrs.NOTHING
        yield Entry(name, name, hints[name], required, default if given else UNSET)


def _of_typeddict(types: TypeReader, cls: Any, hints: dict[str, Any]) -> Iterator[Entry]:
    for name, hint in hints.items():
        place, origin = f"{place_of(cls)}.{name}", get_origin(hint)
        # Python gets this wrong where annotations are strings.
        required = origin in _REQUIRED if origin in _MARKS else name in cls.__required_keys__
        inner = get_args(hint)[0] if origin in _MARKS else hint
        bare = inner.__origin__ if get_origin(inner) is Annotated else inner
        if get_origin(bare) is _READ_ONLY:
            types.refuse(place, "ReadOnly is not supported by msgspec", "Leave it out.")
        elif get_origin(bare) in _MARKS:
            mark = spell(get_origin(bare))
            what = f"{mark} stands within another annotation, where msgspec does not look for it"
            types.refuse(place, what, f"Write {mark}[…] around all of it.")
        else:
            yield Entry(name, name, inner, required)


def _of_namedtuple(cls: Any, hints: dict[str, Any]) -> Iterator[Entry]:
    for name in cls._fields:
        default = cls._field_defaults.get(name, UNSET)
        yield Entry(name, name, hints.get(name, Any), default is UNSET, default)


def without_unset(hint: Any) -> tuple[Any, bool]:
    """Return the type of a field as it is when it is there, and whether it may be absent."""
    if get_origin(hint) is Annotated:
        plain, unset = without_unset(hint.__origin__)
        return (Annotated[(plain, *hint.__metadata__)] if unset else hint), unset
    try:
        value = resolve_aliases(hint)
    except UnusableAlias:
        return hint, False  # It is refused where it is read.
    arguments = get_args(value)
    if not is_union(get_origin(value)) or UnsetType not in arguments:
        return hint, False
    return union(a for a in arguments if a is not UnsetType), True
