"""One annotation as a node, or as a misfit with its place.

What is refused is what msgspec refuses, and what is no value that both sides understand.
"""

from __future__ import annotations

import collections.abc as c
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
from rpc_worker.reading.checks import against_default, refusal
from rpc_worker.reading.hints import (
    Unresolved,
    UnusableAlias,
    is_hashed,
    is_union,
    resolve_aliases,
    value_of_alias,
)
from rpc_worker.reading.names import spell
from rpc_worker.reading.records import RecordReader, deprecation_of, doc_of, kind_of
from rpc_worker.reading.refusals import why_not
from rpc_worker.reading.unions import clash
from rpc_worker.reading.uses import BOUND_ADVICE, bounds_of, is_hashable, is_key, is_variable
from rpc_worker.schema import (
    Array,
    Choice,
    Constraints,
    Enumeration,
    EnumMember,
    Map,
    Scalar,
    ScalarKind,
    Source,
    Tuple,
    Type,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpc_worker.reading.aliases import Aliases
    from rpc_worker.reading.sources import Sources
    from rpc_worker.schema import Record

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
_ARRAYS: Final[dict[Any, Literal["list", "set", "frozenset", "sequence"]]] = {
    list: "list",
    set: "set",
    frozenset: "frozenset",
    c.Sequence: "sequence",
    c.MutableSequence: "sequence",
    c.Collection: "sequence",
    c.Set: "set",
    c.MutableSet: "set",
}
_MAPS: Final = frozenset({dict, c.Mapping, c.MutableMapping})


class TypeReader:
    """Reads the types of one contract.

    Args:
        sources: Where to find what is said of fields; None leaves that out, and the names of types.

    Attributes:
        misfits: What has been refused so far.
        aliases: The names of types; None without sources.
        templates: Each generic class as it is written.
    """

    def __init__(self, sources: Sources | None = None) -> None:
        self.misfits: list[Misfit] = []
        self.sources = sources
        self.aliases: Aliases | None = None
        self.templates: dict[type, Record] = {}
        if sources is not None:
            from rpc_worker.reading.aliases import Aliases  # noqa: PLC0415 - a worker has no need

            self.aliases = Aliases(sources)
        self._variables: frozenset[TypeVar] = frozenset()
        self._read: list[tuple[str, Any]] = []
        self._records = RecordReader(self)
        self._enumerations: dict[type[enum.Enum], Enumeration] = {}

    def read(self, annotation: Any, place: str) -> Type:
        """Return the node of an annotation; of one that is refused, that of Any."""
        if isinstance(annotation, Unresolved):
            return self.refuse(place, annotation.problem, annotation.advice)
        try:
            whole = resolve_aliases(annotation)
            node = self._node(annotation if self.aliases else whole, place)
        except UnusableAlias as error:
            reason: Unresolved = error.args[0]
            return self.refuse(place, reason.problem, reason.advice)
        self._read.append((place, node.annotation))
        return node

    def read_template(self, cls: Any) -> None:
        """Read a generic class as it is written: applied to its own type variables."""
        parameters = cls.__parameters__
        if cls in self.templates or not all(isinstance(p, TypeVar) for p in parameters):
            return
        # What is wrong with it is noted where it is applied to types, and so is what decoders see.
        before = self.misfits, self._read, self._variables
        self.misfits, self._read = [], []
        self._variables |= set(parameters)
        self.templates[cls] = self._records.read(cls, cls[parameters], "")
        self.misfits, self._read, self._variables = before

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

    def _node(self, written: Any, place: str) -> Type:
        """Return the node of an annotation; its aliases are still in it if there are names."""
        annotation = written
        if self.aliases is not None:
            value = value_of_alias(written)
            if value is not written:
                return self.aliases.called(self._node(value, place), written)
            if is_hashed(written) and written in self._variables:
                return self.aliases.variable(written)
            annotation = resolve_aliases(written)
        origin, arguments = get_origin(written), get_args(written)
        if origin is Annotated:
            return self._constrained(annotation, written.__origin__, place)
        if is_hashed(annotation) and annotation in _SCALARS:
            return Scalar(annotation, _SCALARS[annotation])
        if origin is Literal:
            return self._literal(annotation, arguments, place)
        if is_union(origin):
            return self._union(annotation, arguments, place)
        if origin is typing.Final:
            return self._node(arguments[0], place)
        # `typing.List` without arguments has an origin all the same.
        cls = annotation if origin is None else origin
        if not isinstance(cls, type):
            return self.refuse(place, *why_not(cls, annotation))
        if cls is tuple or cls in _ARRAYS or cls in _MAPS:
            return self._collection(cls, annotation, arguments, place)
        return self._class(cls, written, place)

    def _constrained(self, annotation: Any, inner: Any, place: str) -> Type:
        node = self._node(inner, place)
        bounds: dict[str, Any] = {}
        for meta in annotation.__metadata__:
            if isinstance(meta, msgspec.Meta):
                found = {name: getattr(meta, name) for name in Constraints.__struct_fields__}
                bounds |= {name: value for name, value in found.items() if value is not None}
        if not bounds or is_variable(node):
            return node
        wrong = sorted(bounds.keys() - bounds_of(node))
        if wrong:
            what = f"Meta({wrong[0]}=…) says nothing about {spell(inner)}"
            return self.refuse(place, what, BOUND_ADVICE[wrong[0]])
        assert isinstance(node, Scalar | Array | Map)  # noqa: S101 - `bounds_of` is empty for others
        return msgspec.structs.replace(
            node, annotation=annotation, constraints=Constraints(**bounds)
        )

    def _literal(self, annotation: Any, values: tuple[Any, ...], place: str) -> Type:
        for value in values:
            if isinstance(value, enum.Enum):
                what = f"Literal[{value}] is a member of an Enum"
                advice = f"Write {type(value).__name__}, or Literal[{value.value!r}]."
                return self.refuse(place, what, advice)
            if not isinstance(value, str | int | None):
                what = f"Literal[{value!r}] is neither a string, an integer, a bool nor None"
                return self.refuse(place, what, "Write Literal with strings.")
        rest = tuple(value for value in values if value is not None)
        if len(rest) == len(values):
            return Choice(annotation, values)
        null = Scalar(None, "null")
        return Union(annotation, (Choice(Literal[rest], rest), null)) if rest else null

    def _union(self, annotation: Any, arguments: tuple[Any, ...], place: str) -> Type:
        if msgspec.UnsetType in arguments:
            what = f"UNSET cannot be sent, in {spell(annotation)}"
            return self.refuse(place, what, "Only a field of a Struct can be unset. Write None.")
        nodes = [self._node(argument, place) for argument in arguments]
        members = _flattened(nodes)
        reason = clash(members)
        if reason is not None:
            return self.refuse(place, f"{reason.problem}, in {spell(annotation)}", reason.advice)
        if len(members) == 1:
            return members[0]
        named = any(isinstance(node, Union) and node.alias for node in nodes)
        written = _flattened(nodes, keep_named=True) if named else ()
        return Union(annotation, members, written)

    def _collection(
        self, cls: Any, annotation: Any, arguments: tuple[Any, ...], place: str
    ) -> Type:
        if not arguments and annotation != tuple[()]:
            name = spell(annotation)
            example = (
                f"{name}[str, Any]" if cls in _MAPS else f"{name}[Any{', ...' * (cls is tuple)}]"
            )
            return self.refuse(
                place, f"{name} does not say of what", f"Write {example}, or better."
            )
        if cls in _MAPS:
            return self._map(annotation, arguments, place)
        nodes = tuple(self._node(a, place) for a in arguments if a is not Ellipsis)
        if cls is tuple and Ellipsis in arguments:
            return Array(annotation, "tuple", nodes[0])
        if cls is tuple:
            return Tuple(annotation, nodes)
        kind = _ARRAYS[cls]
        if kind in {"set", "frozenset"} and not is_hashable(nodes[0]):
            what = f"{spell(arguments[0])} cannot be in a set, in {spell(annotation)}"
            return self.refuse(place, what, f"Write list[{spell(arguments[0])}].")
        return Array(annotation, kind, nodes[0])

    def _map(self, annotation: Any, arguments: tuple[Any, ...], place: str) -> Type:
        key = self._node(arguments[0], place)
        value = self._node(arguments[1], place)
        if not is_key(key):
            what = f"{spell(arguments[0])} cannot be a key in JSON, in {spell(annotation)}"
            return self.refuse(place, what, f"Write dict[str, {spell(arguments[1])}].")
        return Map(annotation, key, value)

    def _class(self, cls: Any, written: Any, place: str) -> Type:
        if issubclass(cls, enum.Enum):
            return self._enumeration(cls, place)
        if kind_of(cls) is not None:
            return self._records.read(cls, written, place)
        return self.refuse(place, *why_not(cls, written))

    def _enumeration(self, cls: type[enum.Enum], place: str) -> Type:
        known = self._enumerations.get(cls)
        if known is not None:
            return known
        values = [member.value for member in cls]
        text = all(isinstance(value, str) for value in values)
        whole = all(isinstance(v, int) and not isinstance(v, bool) for v in values)
        if issubclass(cls, enum.Flag):
            what = f"{spell(cls)} is a Flag, whose combinations are no members"
            return self.refuse(place, what, "Write int, or a list of members of an Enum.")
        if not values or not (text or whole):
            what = f"{spell(cls)} does not have strings, or integers, for all of its members"
            return self.refuse(
                place, what, "Give it members, all with strings or all with integers."
            )
        said = self.sources.of(cls) if self.sources else None
        members = tuple(
            EnumMember(m.name, m.value, said.doc(m.name), said.place(m.name))
            if said
            else EnumMember(m.name, m.value)
            for m in cls
        )
        doc, source = doc_of(cls), self.source_of(cls)
        node = Enumeration(cls, cls.__name__, cls, doc, members, source, deprecation_of(cls))
        self._enumerations[cls] = node
        return node


def _flattened(nodes: Iterable[Type], *, keep_named: bool = False) -> tuple[Type, ...]:
    """Return what a union is of, each type once and None last."""
    members: list[Type] = []
    for node in nodes:
        inner: tuple[Type, ...] = (node,)
        if isinstance(node, Union) and not (keep_named and node.alias):
            inner = (keep_named and node.written) or node.members
        members += [m for m in inner if not any(_is_same(m, known) for known in members)]
    return tuple(sorted(members, key=_is_null))


def _is_same(node: Type, other: Type) -> bool:
    return node.annotation == other.annotation or (_is_null(node) and _is_null(other))


def _is_null(node: Type) -> bool:
    return isinstance(node, Scalar) and node.kind == "null"
