"""One annotation as a node, or as a misfit with its place.

What is refused is what msgspec refuses, and what is no value that both sides understand.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import types
import typing
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args, get_origin

import msgspec

from rpc_worker.errors import Misfit
from rpc_worker.markers import BigInt
from rpc_worker.reading.aliases import UnusableAlias, resolve_aliases, value_of_alias
from rpc_worker.reading.bounds import bounded
from rpc_worker.reading.checks import against_default, first_unsafe, refusal
from rpc_worker.reading.containers import ContainerReader, is_container
from rpc_worker.reading.enumerations import EnumerationReader
from rpc_worker.reading.hints import Unresolved, is_hashed, is_union
from rpc_worker.reading.names import spell
from rpc_worker.reading.records import RecordReader, kind_of
from rpc_worker.reading.refusals import why_not
from rpc_worker.reading.unions import clash, flattened
from rpc_worker.reading.uses import is_variable
from rpc_worker.schema import (
    Choice,
    Record,
    Scalar,
    ScalarKind,
    Source,
    Type,
    Union,
)

if TYPE_CHECKING:
    from rpc_worker.reading.model_types import ModelTypes
    from rpc_worker.reading.models import ModelReader
    from rpc_worker.reading.sources import Sources
    from rpc_worker.reading.type_names import TypeNames

__all__ = ["TypeReader"]

_SCALARS: Final[dict[Any, ScalarKind]] = {
    Any: "any",
    msgspec.Raw: "raw",
    None: "null",
    types.NoneType: "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
    bytearray: "bytes",
    memoryview: "bytes",
    BigInt: "bigint",
    dt.datetime: "datetime",
    dt.date: "date",
    dt.time: "time",
    dt.timedelta: "timedelta",
    uuid.UUID: "uuid",
    decimal.Decimal: "decimal",
}


class TypeReader:
    """Reads the types of one contract.

    Args:
        sources: Where to find what is said of fields; None leaves that out, and the names of types.

    Attributes:
        misfits: What has been refused so far.
        names: The names of types; None without sources.
        templates: Each generic class as it is written.
        variables: The type variables that stand for themselves, in a template.
        model: How to read what is special in a Pydantic model; None outside of one.
    """

    def __init__(self, sources: Sources | None = None) -> None:
        self.misfits: list[Misfit] = []
        self.sources = sources
        self.names: TypeNames | None = None
        self.templates: dict[type, Record] = {}
        if sources is not None:
            from rpc_worker.reading.type_names import TypeNames  # noqa: PLC0415 - a worker has no need

            self.names = TypeNames(sources)
        self.variables: frozenset[TypeVar] = frozenset()
        self.model: ModelTypes | None = None
        self._models: ModelReader | None = None
        self._read: list[tuple[str, Any]] = []
        self._records = RecordReader(self)
        self._enumerations = EnumerationReader(self)
        self._containers = ContainerReader(self)

    def read(self, annotation: Any, place: str) -> Type:
        """Return the node of an annotation; of one that is refused, that of Any."""
        if isinstance(annotation, Unresolved):
            return self.refuse(place, annotation.problem, annotation.advice)
        try:
            whole = resolve_aliases(annotation)
            node = self.part(annotation if self.names else whole, place)
        except UnusableAlias as error:
            reason: Unresolved = error.args[0]
            return self.refuse(place, reason.problem, reason.advice)
        if self.model is None:
            self._read.append((place, node.annotation))
        return node

    def read_template(self, cls: Any) -> None:
        """Read a generic class as it is written: applied to its own type variables."""
        parameters = cls.__parameters__
        if cls in self.templates or not all(isinstance(p, TypeVar) for p in parameters):
            return
        # What is wrong with it is noted where it is applied to types, and so is what decoders see.
        before = self.misfits, self._read, self.variables
        self.misfits, self._read = [], []
        self.variables |= set(parameters)
        template = self.part(cls[parameters], "")
        if isinstance(template, Record):
            self.templates[cls] = template
        self.misfits, self._read, self.variables = before

    def source_of(self, cls: type) -> Source:
        """Return where a class was defined: without sources, only the module."""
        return self.sources.of(cls).source if self.sources else Source(cls.__module__, 0)

    def refuse(self, place: str, problem: str, advice: str) -> Scalar:
        """Note a misfit, and return a node to go on with."""
        self.misfits.append(Misfit(place, problem, advice))
        return Scalar(Any, "any")

    def check_decoders(self) -> None:
        """Note what msgspec refuses of what has been read, should its rules be stricter."""
        everything = tuple(annotation for _, annotation in self._read)
        if refusal(tuple.__class_getitem__(everything)) is None:
            return
        for place, annotation in self._read:
            if (error := refusal(annotation)) is not None:
                what = f"msgspec cannot read it: {type(error).__name__}: {error}"
                self.refuse(place, what, "Write another type.")

    def check_default(self, node: Type, default: Any, place: str) -> None:
        """Note a misfit if a default cannot be sent, or is not of its type."""
        reason = against_default(node, default)
        if reason is not None:
            self.refuse(place, *reason)

    def part(self, written: Any, place: str) -> Type:
        """Return the node of a part of an annotation, which still has aliases if they are named."""
        annotation = written
        if self.names is not None:
            value = value_of_alias(written)
            if value is not written:
                return self.names.called(self.part(value, place), written)
            if is_hashed(written) and written in self.variables:
                return self.names.variable(written)
            annotation = resolve_aliases(written)
        if self.model is not None:
            special = self.model.part(written, annotation, place)
            if special is not None:
                return special
        origin, arguments = get_origin(written), get_args(written)
        if origin is Annotated:
            node = self.part(written.__origin__, place)
            if is_variable(node):
                return node
            return bounded(self, node, annotation, written.__origin__, place)
        if is_hashed(annotation) and annotation in _SCALARS:
            return Scalar(annotation, _SCALARS[annotation])
        if origin is Literal:
            return self._literal(annotation, arguments, place)
        if is_union(origin):
            return self._union(annotation, arguments, place)
        if origin is typing.Final:
            return self.part(arguments[0], place)
        # `typing.List` without arguments has an origin all the same.
        cls: Any = annotation if origin is None else origin
        if not _is_class(cls):
            return self.refuse(place, *why_not(cls, annotation))
        if is_container(cls):
            return self._containers.read(cls, annotation, arguments, place)
        if issubclass(cls, enum.Enum):
            return self._enumerations.read(cls, place)
        kind = kind_of(cls)
        if kind == "pydantic":
            return self._model(cls, place)
        if kind is not None:
            return self._records.read(cls, written, place)
        return self.refuse(place, *why_not(cls, annotation))

    def _model(self, cls: Any, place: str) -> Type:
        if self._models is None:
            from rpc_worker.reading.models import ModelReader  # noqa: PLC0415 - it imports Pydantic

            self._models = ModelReader(self)
        return self._models.read(cls, place)

    def _literal(self, annotation: Any, values: tuple[Any, ...], place: str) -> Type:
        for value in values:
            if isinstance(value, enum.Enum):
                what = f"Literal[{value}] is a member of an Enum"
                advice = f"Write {type(value).__name__}, or Literal[{value.value!r}]."
                return self.refuse(place, what, advice)
            if not isinstance(value, str | int | None):
                what = f"Literal[{value!r}] is neither a string, an integer, a bool nor None"
                return self.refuse(place, what, "Write Literal with strings.")
        if (large := first_unsafe(values)) is not None:
            return self.refuse(place, large, "Write smaller ones, or strings.")
        rest = tuple(value for value in values if value is not None)
        if len(rest) == len(values):
            return Choice(annotation, values)
        null = Scalar(None, "null")
        return Union(annotation, (Choice(Literal[rest], rest), null)) if rest else null

    def _union(self, annotation: Any, arguments: tuple[Any, ...], place: str) -> Type:
        if msgspec.UnsetType in arguments:
            what = f"UNSET cannot be sent, in {spell(annotation)}"
            return self.refuse(place, what, "Only a field of a Struct can be unset. Write None.")
        nodes = [self.part(argument, place) for argument in arguments]
        members = flattened(nodes)
        reason = clash(members, within_model=self.model is not None)
        if reason is not None:
            return self.refuse(place, f"{reason.problem}, in {spell(annotation)}", reason.advice)
        if len(members) == 1:
            return members[0]
        named = any(isinstance(node, Union) and node.alias for node in nodes)
        written = flattened(nodes, keep_named=True) if named else ()
        return Union(annotation, members, written)


def _is_class(value: object) -> bool:
    return isinstance(value, type)
