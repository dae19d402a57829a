"""Classes with fields as records: what msgspec encodes of each, by which name, and when."""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, get_args, get_origin

import msgspec
import typing_extensions
from msgspec import NODEFAULT, UNSET, UnsetType

from rpc_worker.reading.hints import (
    Unresolved,
    class_hints,
    foreign_alias,
    is_hashed,
    is_union,
    resolve_aliases,
    union,
)
from rpc_worker.reading.names import place_of
from rpc_worker.schema import Field, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.reading.annotations import TypeReader

__all__ = ["RecordReader", "deprecation_of", "description", "doc_of", "examples", "kind_of"]

Kind: TypeAlias = Literal["struct", "dataclass", "attrs", "typeddict", "namedtuple"]

_REQUIRED: Final = frozenset({typing.Required, typing_extensions.Required})
_MARKS: Final = _REQUIRED | {typing.NotRequired, typing_extensions.NotRequired}


def description(hint: Any) -> str:
    """Return what `Meta(description=…)` says, or else `Meta(title=…)`."""
    said = [*(m.description for m in _metas(hint)), *(m.title for m in _metas(hint))]
    return next(filter(None, said), "")


def examples(hint: Any) -> tuple[Any, ...]:
    """Return what `Meta(examples=…)` has."""
    return tuple(example for meta in _metas(hint) for example in meta.examples or ())


def _is_deprecated(hint: Any) -> bool:
    return any((m.extra_json_schema or {}).get("deprecated") is True for m in _metas(hint))


def _metas(hint: Any) -> list[msgspec.Meta]:
    return [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, msgspec.Meta)]


class _Entry(msgspec.Struct, frozen=True):
    """A field before its type is read."""

    name: str
    wire: str
    required: bool
    default: Any = UNSET


def kind_of(cls: Any) -> Kind | None:
    """Return what kind of record a class is, or None."""
    if issubclass(cls, msgspec.Struct):
        return "struct"
    if typing_extensions.is_typeddict(cls):
        return "typeddict"
    if tuple in cls.__mro__ and hasattr(cls, "_fields"):
        return "namedtuple"
    if hasattr(cls, "__dataclass_fields__"):
        return "dataclass"
    return "attrs" if hasattr(cls, "__attrs_attrs__") else None


def doc_of(cls: type) -> str:
    """Return a class's own docstring, not one that was made up for it."""
    doc = cls.__dict__.get("__doc__") or ""
    made_up = doc.startswith(f"{cls.__name__}(") and kind_of(cls) in {"dataclass", "namedtuple"}
    return "" if made_up else inspect.cleandoc(doc)


def deprecation_of(cls: type) -> str | None:
    """Return what `@deprecated("…")` says of a class itself, not of one that it inherits from."""
    return cls.__dict__.get("__deprecated__")


class RecordReader:
    """Reads records, each class once."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types
        self._known: dict[Any, Record] = {}

    def read(self, cls: type, annotation: Any, place: str) -> Record | Any:
        """Return the record of a class, or of a generic one with its arguments.

        With other names for its arguments, a generic class is another record.
        """
        key = annotation if is_hashed(annotation) else repr(annotation)
        known = self._known.get(key)
        if known is not None:
            return known
        parameters = getattr(cls, "__parameters__", ())
        arguments = get_args(annotation)
        if parameters and not arguments:
            example = f"{cls.__name__}[{', '.join(['Any'] * len(parameters))}]"
            what = f"{cls.__name__} is generic, and does not say of what"
            return self._types.refuse(place, what, f"Write {example}, or better.")
        record = self._empty(cls, annotation, place)
        # Known before its fields are read: one of them may be the record again.
        self._known[key] = record
        record.fields.extend(self._fields(record, annotation))
        if arguments and self._types.aliases is not None:
            self._types.read_template(cls)
        return record

    def _empty(self, cls: type, annotation: Any, place: str) -> Record:
        kind = kind_of(cls)
        assert kind is not None  # noqa: S101 - the caller has asked
        config = _config_of(cls)
        return Record(
            resolve_aliases(annotation),
            kind=kind,
            name=cls.__name__,
            cls=cls,
            doc=doc_of(cls),
            fields=[],
            source=self._types.source_of(cls),
            tag_field=config.tag_field if config else None,
            tag=config.tag if config else None,
            array_like=config.array_like if config else kind == "namedtuple",
            forbid_unknown=config.forbid_unknown_fields if config else False,
            omit_defaults=config.omit_defaults if config else False,
            arguments=tuple(self._types.read(a, place) for a in get_args(annotation)),
            deprecated=deprecation_of(cls),
        )

    def _fields(self, record: Record, annotation: Any) -> Iterator[Field]:
        hints = {name: hint for name, _, hint in class_hints(annotation)}
        place = place_of(record.cls)
        if record.kind == "struct" and (broken := _first_unresolved(record.cls, hints)):
            # msgspec could not tell the fields either.
            name, reason = broken
            self._types.refuse(f"{place}.{name}", reason.problem, reason.advice)
            return
        # msgspec is given the record without the aliases among its arguments.
        for name, _, hint in class_hints(record.annotation):
            if (alias := foreign_alias(hint)) is not None:
                what = f"{alias.__name__} is an alias that msgspec cannot read in a field"
                advice = f"Write {alias.__name__}: TypeAlias = …, or the type itself."
                self._types.refuse(f"{place}.{name}", what, advice)
                hints[name] = Any
        for entry in self._entries(record, hints):
            field = self._field(record, entry, hints.get(entry.name, Any))
            if field is not None:
                yield field

    def _field(self, record: Record, entry: _Entry, hint: Any) -> Field | None:
        place = f"{place_of(record.cls)}.{entry.name}"
        if entry.wire.startswith("_"):
            what = f"the field {entry.wire} starts with _, and would be on the wire all the same"
            self._types.refuse(place, what, "Give it another name, or leave it out of the class.")
            return None
        plain, unset = _without_unset(hint)
        node = self._types.read(plain, place)
        if entry.default is not UNSET:
            self._types.check_default(node, entry.default, place)
        said = self._types.sources.of(record.cls) if self._types.sources else None
        return Field(
            name=entry.name,
            wire=entry.wire,
            type=node,
            required=entry.required,
            default=entry.default,
            doc=(said.doc(entry.name) if said else "") or description(hint),
            unset=unset,
            deprecated=_is_deprecated(hint),
            examples=examples(hint),
            source=said.place(entry.name) if said else None,
        )

    def _entries(self, record: Record, hints: dict[str, Any]) -> Iterator[_Entry]:
        match record.kind:
            case "struct":
                return _struct_entries(record.cls)
            case "dataclass":
                return self._dataclass_entries(record.cls, hints)
            case "attrs":
                return self._attrs_entries(record.cls)
            case "typeddict":
                return self._typeddict_entries(record.cls, hints)
            case "namedtuple":
                return _namedtuple_entries(record.cls)

    def _dataclass_entries(self, cls: Any, hints: dict[str, Any]) -> Iterator[_Entry]:
        import dataclasses  # noqa: PLC0415 - whoever has a dataclass has imported it

        for name, hint in hints.items():
            if isinstance(hint, dataclasses.InitVar):
                what = "InitVar is no field, and msgspec does not support it"
                self._types.refuse(f"{place_of(cls)}.{name}", what, "Use a Struct.")
        for field in dataclasses.fields(cls):
            if not field.init:
                what = "field(init=False) is not always on the wire"
                self._types.refuse(f"{place_of(cls)}.{field.name}", what, "Use a Struct.")
            made = field.default_factory is not dataclasses.MISSING
            given = field.default is not dataclasses.MISSING
            default = field.default if given else UNSET
            yield _Entry(field.name, field.name, not (made or given), default)

    def _attrs_entries(self, cls: Any) -> Iterator[_Entry]:
        import attrs  # noqa: PLC0415 - whoever has such a class has imported it

        for attribute in attrs.fields(cls):
            default = attribute.default
            made = isinstance(default, attrs.Factory)  # type: ignore[arg-type]  # it is a class
            if made and default.takes_self:
                what = "a default that takes self is not supported by msgspec"
                place = f"{place_of(cls)}.{attribute.name}"
                self._types.refuse(place, what, "Give it a default that does not.")
            given = default is not attrs.NOTHING and not made
            required = default is attrs.NOTHING
            yield _Entry(attribute.name, attribute.name, required, default if given else UNSET)

    def _typeddict_entries(self, cls: Any, hints: dict[str, Any]) -> Iterator[_Entry]:
        for name, hint in hints.items():
            origin = get_origin(hint)
            if origin is typing_extensions.ReadOnly:
                what = "ReadOnly is not supported by msgspec"
                self._types.refuse(f"{place_of(cls)}.{name}", what, "Leave it out.")
                continue
            required = name in cls.__required_keys__
            if origin in _MARKS:
                # Python gets this wrong where annotations are strings.
                required = origin in _REQUIRED
                hints[name] = get_args(hint)[0]
            yield _Entry(name, name, required)


def _config_of(cls: Any) -> msgspec.structs.StructConfig | None:
    return cls.__struct_config__ if issubclass(cls, msgspec.Struct) else None


def _struct_entries(cls: type[msgspec.Struct]) -> Iterator[_Entry]:
    for field in msgspec.structs.fields(cls):
        default = UNSET if field.default is NODEFAULT else field.default
        yield _Entry(field.name, field.encode_name, field.required, default)


def _namedtuple_entries(cls: Any) -> Iterator[_Entry]:
    for name in cls._fields:
        default = cls._field_defaults.get(name, UNSET)
        yield _Entry(name, name, default is UNSET, default)


def _first_unresolved(cls: Any, hints: dict[str, Any]) -> tuple[str, Unresolved] | None:
    found = ((name, hints[name]) for name in cls.__struct_fields__ if name in hints)
    return next(((n, hint) for n, hint in found if isinstance(hint, Unresolved)), None)


def _without_unset(hint: Any) -> tuple[Any, bool]:
    """Return the type of a field as it is when it is there, and whether it may be absent."""
    if get_origin(hint) is Annotated:
        plain, unset = _without_unset(hint.__origin__)
        return (Annotated[(plain, *hint.__metadata__)] if unset else hint), unset
    arguments = get_args(hint)
    if not is_union(get_origin(hint)) or UnsetType not in arguments:
        return hint, False
    return union(a for a in arguments if a is not UnsetType), True
