"""The types of a contract, as a closed set of nodes.

A contract's annotations are read once, here, into a small tree that everything else walks: the
checks of outgoing values, the digest, OpenRPC, and the TypeScript emitter. Whatever cannot be put
on the wire, or not unambiguously, is refused here with its place and with what to write instead.

The annotations come from `typing` first; `msgspec.inspect` lacks the names of aliases and NewTypes,
the order of literals and the docstrings of fields. Names, docstrings and places in the source are
the generator's; a worker reads its contract without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    import enum


class Span(msgspec.Struct, frozen=True):
    """What a definition takes up, from its first line and column to its last, as `Source` counts.

    Attributes:
        end_column: That of the character behind it.
    """

    line: int
    column: int
    end_line: int
    end_column: int


class Source(msgspec.Struct, frozen=True):
    """Where something was defined, as an editor goes to it: at its name.

    Attributes:
        module: The module's name.
        line: Counted from 1; 0 if it is not known.
        file: An absolute path; empty if it is not known.
        column: Counted from 0, in UTF-16 code units, as source maps count.
        name: What stands there; empty if it is not known.
        span: The whole of the definition; None if it is not known.
    """

    module: str
    line: int
    file: str = ""
    column: int = 0
    name: str = ""
    span: Span | None = None


class Alias(msgspec.Struct, frozen=True, eq=False):
    """A name that a type was given: one object for each, by identity.

    Attributes:
        kind: `type X = …`, a NewType, or a type variable in a generic's template.
    """

    name: str
    module: str
    kind: Literal["alias", "newtype", "variable"]
    doc: str
    source: Source


class _Named(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    alias: Alias | None = None


class Node(_Named, frozen=True, eq=False):
    """What every type of the contract has.

    Attributes:
        annotation: For msgspec's decoders: without aliases.
        alias: What the type was called where it was used. Records and enumerations have names of
            their own; that of a reference is the name of what it is without None.
    """

    annotation: Any


ScalarKind: TypeAlias = """Literal[
    'any', 'raw', 'null', 'bool', 'int', 'float', 'str', 'bytes', 'bigint',
    'datetime', 'date', 'time', 'timedelta', 'uuid', 'decimal'
]"""


class Constraints(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `msgspec.Meta` demands of a value; None where it demands nothing."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    multiple_of: float | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    tz: bool | None = None


class Scalar(Node, frozen=True, eq=False):
    """A value without parts."""

    kind: ScalarKind
    constraints: Constraints | None = None


class Choice(Node, frozen=True, eq=False):
    """`Literal[…]`: one of these values, in the order written (None among them is split off)."""

    values: tuple[str | int, ...]


class EnumMember(msgspec.Struct, frozen=True):
    """One member of an enumeration, and what stands for it on the wire."""

    name: str
    value: str | int
    doc: str = ""
    source: Source | None = None


class Enumeration(Node, frozen=True, eq=False):
    """A subclass of `enum.Enum` whose values are all strings or all integers.

    The same class is the same node, by identity, wherever it occurs in a contract.
    """

    name: str
    cls: type[enum.Enum]
    doc: str
    members: tuple[EnumMember, ...]
    source: Source
    deprecated: str | None = None


class Array(Node, frozen=True, eq=False):
    """Any number of items of one type."""

    kind: Literal["list", "set", "frozenset", "tuple", "sequence"]
    item: Type
    constraints: Constraints | None = None


class Tuple(Node, frozen=True, eq=False):
    """`tuple[A, B]`: exactly these items, in this order."""

    items: tuple[Type, ...]


class Map(Node, frozen=True, eq=False):
    """A JSON object with keys of one type and values of another."""

    key: Type
    value: Type
    constraints: Constraints | None = None


class Field(msgspec.Struct, frozen=True, eq=False):
    """One member of a record.

    Attributes:
        name: As Python spells it.
        wire: As msgspec encodes it; never rewritten.
        required: Whether a decoder insists on it.
        default: What a missing one becomes; UNSET if required, or if a factory makes it.
        doc: The docstring below the field, or `Meta(description=…)`, or `Meta(title=…)`.
        unset: Whether the annotation has UNSET, so that the field may be absent in both directions.
        examples: What `Meta(examples=…)` has.
        source: Where it stands: in this class, or in one that this inherits from.
    """

    name: str
    wire: str
    type: Type
    required: bool
    default: Any = msgspec.UNSET
    doc: str = ""
    unset: bool = False
    deprecated: bool = False
    examples: tuple[Any, ...] = ()
    source: Source | None = None


class Record(Node, frozen=True, eq=False):
    """A Struct, dataclass, attrs class, TypedDict, NamedTuple or Pydantic model.

    The same class is the same node, by identity, wherever it occurs in a contract, so a recursive
    type is a cycle. `fields` is filled last; it is the one attribute that is set after creation.
    """

    kind: Literal["struct", "dataclass", "attrs", "typeddict", "namedtuple", "pydantic"]
    name: str
    cls: type
    doc: str
    fields: list[Field]
    source: Source
    tag_field: str | None = None
    tag: str | int | None = None
    array_like: bool = False
    forbid_unknown: bool = False
    omit_defaults: bool = False
    arguments: tuple[Type, ...] = ()
    """What a generic's type variables stand for, in `Page[Item]`."""
    deprecated: str | None = None


class Union(Node, frozen=True, eq=False):
    """One of several types; None is the Scalar "null" among them, and comes last.

    Attributes:
        members: None of them is a union.
        written: The same before unions that have a name were taken apart; empty if none has.
    """

    members: tuple[Type, ...]
    written: tuple[Type, ...] = ()


class Stream(Node, frozen=True, eq=False):
    """`AsyncIterator[T]`: items that come one after the other, for whoever asks for them.

    Attributes:
        optional: Whether None may be given in its place; only a parameter's can be.
    """

    item: Type
    optional: bool = False


class Progress(Node, frozen=True, eq=False):
    """`Progress[T]`: what a method says of its course before it answers; a parameter only."""

    value: Type


class Callback(Node, frozen=True, eq=False):
    """`Callable[[A], Awaitable[R]]`: a function of the caller's; a parameter only.

    Attributes:
        result: What it answers with; None for `Callable[[A], None]`, which goes one way. With
            `Awaitable[None]` it is the Scalar "null": an answer without a value.
        optional: Whether None may be given in its place.
    """

    parameters: tuple[Type, ...]
    result: Type | None
    optional: bool = False


Type: TypeAlias = Scalar | Choice | Enumeration | Array | Tuple | Map | Record | Union

Reference: TypeAlias = Stream | Progress | Callback
"""What travels as a token or a handle in a value's place, and is itself no value."""


def is_null(node: object) -> bool:
    """Tell whether a type, or what stands for a result, is that of None alone."""
    return isinstance(node, Scalar) and node.kind == "null"


def describe(node: Type | Reference) -> str:
    """Return a type as a person would say it: `list of float`, `"a" or "b"`, `Match or null`."""
    match node:
        case Scalar(kind="any" | "raw"):
            return "a value"
        case Scalar():
            return node.kind
        case Choice():
            return " or ".join(_json(value) for value in node.values)
        case Enumeration():
            return " or ".join(_json(member.value) for member in node.members)
        case Array():
            return f"list of {describe(node.item)}"
        case Tuple():
            return f"list of exactly {len(node.items)} items"
        case Map():
            return f"object of {describe(node.value)}"
        case Record():
            return node.name
        case Union():
            return " or ".join(describe(member) for member in node.members)
        case Stream():
            return f"stream of {describe(node.item)}{' or null' * node.optional}"
        case Progress():
            return "token of progress, or null"
        case Callback():
            return f"callback{' or null' * node.optional}"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
