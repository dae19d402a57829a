"""Pydantic models as records; imported if a contract has one.

What Pydantic checks and a type cannot say, such as a validator, is Pydantic's own affair: it runs
when a value comes in. What a model sends or takes that its fields do not tell is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args, get_origin

from msgspec import UNSET

from rpc_worker.models import is_model
from rpc_worker.reading.aliases import UnusableAlias, resolve_aliases
from rpc_worker.reading.hints import is_union, own_annotations, union
from rpc_worker.reading.model_types import SERIALIZED, ModelTypes
from rpc_worker.reading.names import place_of, spell
from rpc_worker.reading.records import deprecation_of, doc_of, without_arguments
from rpc_worker.schema import Field, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from rpc_worker.reading.annotations import TypeReader

__all__ = ["ModelReader"]

_ALIAS: Final = 'Write Field(alias="…"), which is both.'


class ModelReader:
    """Reads models, each class once."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types
        self._known: dict[type, Record] = {}

    def read(self, cls: type[BaseModel], place: str) -> Record | Any:
        """Return the record of a model; of a generic one, with what it is applied to."""
        generic, arguments = _generic_of(cls)
        parameters: tuple[Any, ...] = getattr(generic, "__parameters__", ())
        if parameters and not arguments:
            if not self._types.variables.issuperset(parameters):
                return self._types.refuse(place, *without_arguments(generic))
            arguments = parameters  # Its template: Pydantic takes Page[T] for Page.
        known = self._known.get(cls)
        if known is not None:
            return known
        before, self._types.model = self._types.model, ModelTypes(self._types, cls)
        tag = _tag_of(cls)
        record = self._known[cls] = Record(
            cls,
            kind="pydantic",
            name=generic.__name__,
            cls=generic,
            doc=doc_of(generic),
            fields=[],
            source=self._types.source_of(generic),
            tag_field=tag and tag[0],
            tag=tag and tag[1],
            forbid_unknown=cls.model_config.get("extra") == "forbid",
            arguments=tuple(self._types.read(argument, place) for argument in arguments),
            deprecated=deprecation_of(generic),
        )
        if _check_model(self._types, cls):
            record.fields.extend(_fields(self._types, record, cls))
        self._types.model = before
        if arguments and self._types.names is not None:
            self._types.read_template(generic)
        return record


def _generic_of(cls: type[BaseModel]) -> tuple[Any, tuple[Any, ...]]:
    """Return the generic class of a model and what it is applied to; the model itself if none."""
    told = cls.__pydantic_generic_metadata__
    return told["origin"] or cls, tuple(told["args"])


def _tag_of(cls: type[BaseModel]) -> tuple[str, str | int] | None:
    """Return the name and the value of a model's one field that always has the same value.

    By that Pydantic tells the models of a union apart, and TypeScript as well.
    """
    found = [
        (_wire(name, field), values[0])
        for name, field in cls.model_fields.items()
        if len(values := _literal(field.annotation)) == 1
    ]
    return found[0] if len(found) == 1 else None


def _literal(annotation: Any) -> tuple[Any, ...]:
    try:
        annotation = resolve_aliases(annotation)
    except UnusableAlias:
        return ()
    bare = annotation.__origin__ if get_origin(annotation) is Annotated else annotation
    values = get_args(bare) if get_origin(bare) is Literal else ()
    return values if all(type(value) in {str, int} for value in values) else ()


# ---------------------------------------------------------------------------- what is refused


def _check_model(types: TypeReader, cls: type[BaseModel]) -> bool:
    """Refuse what a model is configured to send or take that its fields do not tell.

    Returns:
        Whether its fields can be read.
    """
    place = place_of(_generic_of(cls)[0])
    try:
        cls.model_rebuild()
    except Exception as error:  # noqa: BLE001 - annotations are expressions of the user's
        what = f"Pydantic cannot evaluate its annotations: {str(error).splitlines()[0]}"
        types.refuse(place, what, "Import all of it outside of `if TYPE_CHECKING:`.")
        return False
    if cls.__pydantic_root_model__:
        held = spell(cls.model_fields["root"].annotation)
        what = f"{cls.__name__} is a RootModel, which on the wire is only what it holds"
        types.refuse(place, what, f"Write {held}, or a BaseModel with a field for it.")
        return False
    if cls.model_config.get("extra") == "allow":
        advice = 'Leave extra="allow" out, and write a field that is a dict.'
        types.refuse(place, "it takes members of any name, which have no type", advice)
    if cls.model_config.get("json_encoders"):
        what = "its json_encoders change what is sent, and do not say to what"
        types.refuse(place, what, SERIALIZED[1])
    made = cls.__pydantic_decorators__
    for name in made.computed_fields:
        what = f"{name} is computed: it would be sent, and not read"
        types.refuse(f"{place}.{name}", what, "Make it a field, or leave out @computed_field.")
    for serializer in made.field_serializers.values():
        for name in serializer.info.fields:
            types.refuse(f"{place}.{name}", *SERIALIZED)
    if made.model_serializers:
        types.refuse(place, *SERIALIZED)
    return True


def _check_field(types: TypeReader, cls: type[BaseModel], name: str, place: str) -> None:
    field = cls.model_fields[name]
    wire, read = _wire(name, field), field.validation_alias
    if wire.startswith("_"):
        what = f"the field {wire} starts with _, and would be on the wire all the same"
        types.refuse(place, what, "Give it another alias.")
    if read is not None and not isinstance(read, str):
        types.refuse(place, f"it is read from {read!r}, and sent as {wire}", _ALIAS)
    else:
        known = read if read and cls.model_config.get("validate_by_alias", True) else name
        if known != wire:
            types.refuse(place, f"it is read as {known}, and sent as {wire}", _ALIAS)
    if field.exclude or getattr(field, "exclude_if", None):
        what = "it is read, and not always sent, because of exclude"
        types.refuse(place, what, "Leave exclude out, or make it a parameter of the method.")


# ----------------------------------------------------------------------------------- fields


def _fields(types: TypeReader, record: Record, cls: type[BaseModel]) -> Iterator[Field]:
    """Read the fields of a model; its tag is none of them."""
    said = types.sources.of(record.cls) if types.sources else None
    for name, field in cls.model_fields.items():
        place, wire = f"{place_of(record.cls)}.{name}", _wire(name, field)
        _check_field(types, cls, name, place)
        if wire == record.tag_field:
            continue
        annotation = _annotation_of(cls, name)
        if field.metadata:
            annotation = Annotated[(annotation, *field.metadata)]
        node = types.read(annotation, place)
        made = field.default_factory is not None
        default = UNSET if made or field.is_required() else field.default
        if default is not UNSET:
            types.check_default(node, default, place)
        yield Field(
            name=name,
            wire=wire,
            type=node,
            required=field.is_required(),
            default=default,
            doc=(said.doc(name) if said else "") or field.description or field.title or "",
            deprecated=bool(field.deprecated),
            examples=tuple(field.examples or ()),
            source=said.place(name) if said else None,
        )


def _wire(name: str, field: FieldInfo) -> str:
    return field.serialization_alias or name


def _annotation_of(cls: type[BaseModel], name: str) -> Any:
    """Return the annotation of a field.

    Pydantic puts marks of its own into generic models that contain themselves: what those stand for
    is told by the generic class.
    """
    generic, arguments = _generic_of(cls)
    if arguments:
        generic.model_rebuild()
        bound = dict(zip(generic.__parameters__, arguments, strict=True))
        return _applied(_annotation_of(generic, name), bound)
    if name not in own_annotations(cls):
        bases: tuple[Any, ...] = cls.__bases__
        for base in bases:
            if is_model(base) and name in base.model_fields:
                return _annotation_of(base, name)
    return cls.model_fields[name].annotation


def _applied(annotation: Any, bound: Mapping[TypeVar, Any]) -> Any:
    """Return an annotation with what its type variables stand for, also within generic models."""
    if isinstance(annotation, TypeVar):
        return bound.get(annotation, annotation)
    if isinstance(annotation, type) and is_model(annotation):
        # Applied to its own variables, a generic model is itself.
        model: Any = annotation
        parameters = model.__pydantic_generic_metadata__["parameters"]
        return model[tuple(bound.get(p, p) for p in parameters)] if parameters else model
    origin: Any = get_origin(annotation)
    arguments = get_args(annotation)
    if not arguments or origin is Literal:
        return annotation
    if origin is Annotated:
        return Annotated[(_applied(arguments[0], bound), *arguments[1:])]
    applied = tuple(_applied(argument, bound) for argument in arguments)
    return union(applied) if is_union(origin) else origin[applied]
