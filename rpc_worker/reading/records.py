"""Classes with fields as records: what msgspec encodes of each, by which name, and when."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, get_args, get_origin

import msgspec
import typing_extensions
from msgspec import UNSET

from rpc_worker.models import is_model
from rpc_worker.reading.aliases import resolve_aliases, unreadable
from rpc_worker.reading.fields import entries, without_unset
from rpc_worker.reading.hints import Unresolved, class_hints, key_of
from rpc_worker.reading.names import place_of, spell
from rpc_worker.schema import Field, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.reading.fields import Entry

__all__ = [
    "RecordReader",
    "deprecation_of",
    "doc_of",
    "kind_of",
    "said_in",
    "without_arguments",
]

_MAY_BE_ABSENT: Final = frozenset({"struct", "dataclass", "attrs"})
"""Kinds of which msgspec leaves out a field that is UNSET."""

Kind: TypeAlias = "Literal['struct', 'dataclass', 'attrs', 'typeddict', 'namedtuple', 'pydantic']"


class Said(msgspec.Struct, frozen=True):
    """What `msgspec.Meta` says of a type to people.

    Attributes:
        doc: `Meta(description=…)`, or else `Meta(title=…)`.
    """

    doc: str = ""
    examples: tuple[Any, ...] = ()
    deprecated: bool = False


_NOTHING: Final = Said()


def said_in(hint: Any) -> Said:
    """Return what an annotation says to people."""
    if get_origin(hint) is not Annotated:
        return _NOTHING
    metas = [meta for meta in hint.__metadata__ if isinstance(meta, msgspec.Meta)]
    texts = [*(meta.description for meta in metas), *(meta.title for meta in metas)]
    return Said(
        doc=next(filter(None, texts), ""),
        examples=tuple(example for meta in metas for example in meta.examples or ()),
        deprecated=any((m.extra_json_schema or {}).get("deprecated") is True for m in metas),
    )


def kind_of(cls: Any) -> Kind | None:
    """Return what kind of record a class is, or None."""
    if issubclass(cls, msgspec.Struct):
        return "struct"
    if typing_extensions.is_typeddict(cls):
        return "typeddict"
    if tuple in cls.__mro__ and hasattr(cls, "_fields"):
        return "namedtuple"
    if is_model(cls):
        return "pydantic"
    if hasattr(cls, "__dataclass_fields__"):
        # msgspec would not run the validators of one that is Pydantic's.
        return None if hasattr(cls, "__pydantic_validator__") else "dataclass"
    return "attrs" if hasattr(cls, "__attrs_attrs__") else None


def doc_of(cls: type) -> str:
    """Return a class's own docstring, not one that was made up for it."""
    doc = cls.__dict__.get("__doc__") or ""
    made_up = doc.startswith(f"{cls.__name__}(") and kind_of(cls) in {"dataclass", "namedtuple"}
    return "" if made_up else inspect.cleandoc(doc)


def deprecation_of(cls: type) -> str | None:
    """Return what `@deprecated("…")` says of a class itself, not of one that it inherits from."""
    return cls.__dict__.get("__deprecated__")


def without_arguments(cls: Any) -> tuple[str, str]:
    """Return what is wrong with a generic class as it stands, and what to write instead."""
    example = f"{cls.__name__}[{', '.join(['Any'] * len(cls.__parameters__))}]"
    return f"{cls.__name__} is generic, and does not say of what", f"Write {example}, or better."


_NESTED: Final = 10
"""How often a generic class may stand within itself with other arguments: more has no end."""


class RecordReader:
    """Reads records, each class once."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types
        self._known: dict[Any, Record] = {}
        self._begun: Counter[type] = Counter()

    def read(self, cls: type, annotation: Any, place: str) -> Record | Any:
        """Return the record of a class, or of a generic one with its arguments.

        With other names for its arguments, a generic class is another record.
        """
        key = key_of(annotation)
        known = self._known.get(key)
        if known is not None:
            return known
        parameters = getattr(cls, "__parameters__", ())
        arguments = get_args(annotation)
        if parameters and not arguments:
            return self._types.refuse(place, *without_arguments(cls))
        if self._begun[cls] > _NESTED:
            what = f"{cls.__name__} holds itself with other arguments each time, without an end"
            return self._types.refuse(place, what, "Give it the arguments that it has itself.")
        record = self._empty(cls, annotation, place)
        # Known before its fields are read: one of them may be the record again.
        self._known[key] = record
        self._begun[cls] += 1
        record.fields.extend(self._fields(record, annotation))
        self._begun[cls] -= 1
        if arguments and self._types.names is not None:
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
        decoded = hints
        if annotation is not record.annotation:
            # msgspec is given the record without the aliases among its arguments.
            decoded = {name: hint for name, _, hint in class_hints(record.annotation)}
        for entry in entries(self._types, record, hints):
            here = f"{place}.{entry.name}"
            if entry.wire.startswith("_"):
                what = f"the field {entry.wire} starts with _, and would be on the wire"
                advice = "Give it another name, or leave it out of the class."
                self._types.refuse(here, f"{what} all the same", advice)
            elif (alias := unreadable(decoded.get(entry.name, Any))) is not None:
                self._types.refuse(here, alias.problem, alias.advice)
            else:
                yield self._field(record, entry, here)

    def _field(self, record: Record, entry: Entry, place: str) -> Field:
        hint, unset = without_unset(entry.hint)
        if unset and (record.kind not in _MAY_BE_ABSENT or record.array_like):
            marked = record.kind == "typeddict"
            what = f"UNSET cannot be sent in {'a TypedDict' if marked else 'an array'}"
            form = f"NotRequired[{spell(hint)}]" if marked else f"{spell(hint)} | None"
            self._types.refuse(place, what, f"Write {form}.")
        node = self._types.read(hint, place)
        if entry.default is not UNSET:
            self._types.check_default(node, entry.default, place)
        source = self._types.sources.of(record.cls) if self._types.sources else None
        said = said_in(entry.hint)
        return Field(
            name=entry.name,
            wire=entry.wire,
            type=node,
            required=entry.required,
            default=entry.default,
            doc=(source.doc(entry.name) if source else "") or said.doc,
            unset=unset,
            deprecated=said.deprecated,
            examples=said.examples,
            source=source.place(entry.name) if source else None,
        )


def _config_of(cls: Any) -> msgspec.structs.StructConfig | None:
    return cls.__struct_config__ if issubclass(cls, msgspec.Struct) else None


def _first_unresolved(cls: Any, hints: dict[str, Any]) -> tuple[str, Unresolved] | None:
    found = ((name, hints[name]) for name in cls.__struct_fields__ if name in hints)
    return next(((n, hint) for n, hint in found if isinstance(hint, Unresolved)), None)
