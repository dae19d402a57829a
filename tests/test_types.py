"""Whatever msgspec describes is served, in the form that stands here, or refused with advice."""

from __future__ import annotations

import collections
import collections.abc as c
import dataclasses
import datetime as dt
import decimal
import enum
import typing
import uuid
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    TypedDict,
    TypeVar,
)

import attr
import attrs
import msgspec
import pytest
import typing_extensions as te
from msgspec import UNSET, Meta, Raw, UnsetType

from rpc_worker import BigInt, Struct
from rpc_worker.json_schema import Schemas
from rpc_worker.reading.annotations import TypeReader
from rpc_worker.values import decoder, encoder

HERE = __name__
T = TypeVar("T")
BoundT = TypeVar("BoundT", bound=int)


class Text(enum.StrEnum):
    A = "a"
    B = "b"


class OldText(str, enum.Enum):  # noqa: UP042 - users write it
    A = "a"


class Number(enum.IntEnum):
    ONE = 1
    MINUS = -1


class Same(enum.Enum):
    FIRST = 1
    AGAIN = 1  # noqa: PIE796 - an alias of the first


class Auto(enum.Enum):
    A = enum.auto()


# The options of Structs.


class Pascal(msgspec.Struct, rename="pascal"):
    a_b: int = 0


class Kebab(msgspec.Struct, rename="kebab"):
    a_b: int = 0


class Mapped(msgspec.Struct, rename={"a": "$a"}):
    a: int = 0


class Called(msgspec.Struct, rename=str.upper):
    a: int = 0
    b: int = msgspec.field(default=1, name="b-1")


class KeywordOnly(msgspec.Struct, kw_only=True):
    a: int = 0
    b: str


class Inheriting(KeywordOnly):
    c: float = 1.5
    a: int = 7


class Row(msgspec.Struct, array_like=True, tag=True, omit_defaults=True):
    a: int
    b: int = 3


class Omitting(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    a: int = 1
    b: list[int] = []


class NumberTag(msgspec.Struct, tag=1, tag_field="kind", frozen=True, order=True):
    a: int


class OtherTag(msgspec.Struct, tag=2, tag_field="kind", dict=True, weakref=True):
    a: int


class Empty(msgspec.Struct):
    pass


class EmptyTag(msgspec.Struct, tag=lambda name: name.lower()):
    pass


class Attributes(msgspec.Struct):
    never: ClassVar[int] = 1
    always: Final[int] = 2


class Maybe(msgspec.Struct):
    a: int | UnsetType = UNSET
    b: Raw | UnsetType = UNSET


# Dataclasses and attrs.


@dataclasses.dataclass(kw_only=True, slots=True, frozen=True)
class Slotted:
    a: int
    b: str = "x"


@dataclasses.dataclass
class Base:
    a: int
    _: dataclasses.KW_ONLY
    b: int = 3


@dataclasses.dataclass
class Derived(Base):
    c: Optional[int] = None  # noqa: UP045 - users write it
    d: list[Derived] = dataclasses.field(default_factory=list["Derived"])
    e: int | UnsetType = UNSET


@attrs.define
class Defined:
    a: int = attrs.field(validator=attrs.validators.gt(0))
    b: list[int] = attrs.field(factory=list[int])
    c: int = attrs.field(init=False, default=3)
    d: int | UnsetType = UNSET


@attrs.frozen(kw_only=True)
class Frozen:
    a: int = 1
    b: str


@attr.s(auto_attribs=True)
class Classic:
    a: int
    b: int = attr.ib(default=3)


# TypedDicts and NamedTuples.


class Total(TypedDict):
    a: int


class Partly(Total, total=False):
    b: int


class Mixed(Partly):
    c: te.Required[Annotated[int, Meta(ge=0)]]
    d: te.NotRequired[int]


Functional = TypedDict("Functional", {"a-b": int, "class": str})


class Nested(TypedDict):
    children: list[Nested]


class Named(NamedTuple):
    a: int
    b: list[Named] = []  # noqa: RUF012 - it is never changed


Plain = collections.namedtuple("Plain", "a b")  # noqa: PYI024 # pyright: ignore - users write it


# Generics and names.


class Page(Struct, Generic[T]):
    items: list[T]
    next: Page[T] | None = None


class Pages(Page[list[T]], Generic[T]):
    pass


class Numbers(Pages[int]):
    pass


class Bounded(Struct, Generic[BoundT]):
    value: BoundT


UserId = NewType("UserId", int)
AdminId = NewType("AdminId", UserId)
Key = NewType("Key", str)
new_type: Any = NewType  # mypy does not take the next line
Newer = new_type("Newer", Pascal)
Scores = te.TypeAliasType("Scores", dict[Key, AdminId])


class WithNames(Struct):
    user: AdminId
    by_key: dict[Key, list[UserId]]
    one: Key | UserId | None


NOON = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)

SERVED: list[tuple[Any, Any, str]] = [
    # annotation, a value of it, the value on the wire
    (memoryview, memoryview(b"ab"), '"YWI="'),
    (Text, Text.A, '"a"'),
    (OldText, OldText.A, '"a"'),
    (Number, Number.MINUS, "-1"),
    (Same, Same.AGAIN, "1"),
    (Auto, Auto.A, "1"),
    (Text | Number | None, Number.ONE, "1"),
    (Text | int, Text.B, '"b"'),
    (Literal["a", 1, True, None], True, "true"),  # noqa: PYI061 - users write it
    (Literal["a"] | Literal["b"] | None, "a", '"a"'),  # noqa: PYI030 - users write it
    (str | Literal["auto"], "x", '"x"'),  # noqa: PYI051 - users write it
    (Literal["a"] | str, "x", '"x"'),  # noqa: PYI051 - users write it
    (int | Literal[1, 2], 3, "3"),  # noqa: PYI051 - users write it
    (Pascal, Pascal(1), '{"AB":1}'),
    (Kebab, Kebab(1), '{"a-b":1}'),
    (Mapped, Mapped(1), '{"$a":1}'),
    (Called, Called(1, 2), '{"A":1,"b-1":2}'),
    (KeywordOnly, KeywordOnly(b="x"), '{"a":0,"b":"x"}'),
    (Inheriting, Inheriting(b="x"), '{"a":7,"c":1.5,"b":"x"}'),
    (Row, Row(1), '["Row",1,3]'),
    (Omitting, Omitting(), "{}"),
    (Omitting, Omitting(2, [1]), '{"a":2,"b":[1]}'),
    (NumberTag | OtherTag, OtherTag(3), '{"kind":2,"a":3}'),
    (set[NumberTag], {NumberTag(3)}, '[{"kind":1,"a":3}]'),
    (Empty, Empty(), "{}"),
    (EmptyTag | int, EmptyTag(), '{"type":"emptytag"}'),
    (Attributes, Attributes(3), '{"always":3}'),
    (Maybe, Maybe(), "{}"),
    (Maybe, Maybe(1, Raw(b"[1]")), '{"a":1,"b":[1]}'),
    (Slotted, Slotted(a=1), '{"a":1,"b":"x"}'),
    (Derived, Derived(1, 2, b=4), '{"a":1,"b":4,"c":2,"d":[]}'),
    (Defined, Defined(1), '{"a":1,"b":[],"c":3}'),
    (Frozen, Frozen(b="x"), '{"a":1,"b":"x"}'),
    (Classic, Classic(1), '{"a":1,"b":3}'),
    (Mixed, {"a": 1, "c": 2}, '{"a":1,"c":2}'),
    (Functional, {"a-b": 1, "class": "x"}, '{"a-b":1,"class":"x"}'),
    (Nested, {"children": [{"children": []}]}, '{"children":[{"children":[]}]}'),
    (Named, Named(1, [Named(2)]), "[1,[[2,[]]]]"),
    (Plain, Plain(1, "x"), '[1,"x"]'),
    (tuple[()], (), "[]"),
    (typing.Tuple[()], (), "[]"),  # noqa: UP006 - users write it
    (tuple[int, ...] | None, (1, 2), "[1,2]"),
    (tuple[int, tuple[str, ...]], (1, ("a",)), '[1,["a"]]'),
    (c.MutableSequence[int], [1], "[1]"),
    (c.MutableSet[int], {1}, "[1]"),
    (c.MutableMapping[str, int], {"a": 1}, '{"a":1}'),
    (frozenset[tuple[int, str]], frozenset({(1, "a")}), '[[1,"a"]]'),
    (set[BigInt], {BigInt(2**70)}, f'["{2**70}"]'),
    (dict[float, int], {1.5: 1}, '{"1.5":1}'),
    (dict[bytes, int], {b"ab": 1}, '{"YWI=":1}'),
    (dict[dt.datetime, int], {NOON: 1}, '{"2026-01-02T12:00:00Z":1}'),
    (dict[dt.timedelta, int], {dt.timedelta(1): 1}, '{"P1D":1}'),
    (dict[decimal.Decimal, int], {decimal.Decimal("1.5"): 1}, '{"1.5":1}'),
    (dict[uuid.UUID, int], {uuid.UUID(int=1): 1}, f'{{"{uuid.UUID(int=1)}":1}}'),
    (dict[Number, int], {Number.ONE: 1}, '{"1":1}'),
    (dict[Literal[1, 2], int], {1: 1}, '{"1":1}'),
    (dict[Annotated[str, Meta(min_length=1)], int], {"a": 1}, '{"a":1}'),
    (dict[UserId, Newer], {1: Pascal(2)}, '{"1":{"AB":2}}'),  # type: ignore[valid-type]
    (Any | None, [1], "[1]"),
    (Annotated[bytes, Meta(max_length=2)], b"ab", '"YWI="'),
    (Annotated[tuple[int, ...], Meta(max_length=2)], (1,), "[1]"),
    (Annotated[float, Meta(multiple_of=0.5)], 1.5, "1.5"),
    (Annotated[Annotated[int, Meta(ge=0)], Meta(le=3)], 2, "2"),
    (Annotated[dt.time, Meta(tz=False)], dt.time(1, 2), '"01:02:00"'),
    (Page[AdminId], Page([1], Page([2])), '{"items":[1],"next":{"items":[2],"next":null}}'),
    (Numbers, Numbers([[1]]), '{"items":[[1]],"next":null}'),
    (Bounded[bool], Bounded(value=True), '{"value":true}'),
    (Scores | None, {"a": 1}, '{"a":1}'),
    (WithNames, WithNames(1, {"a": [1]}, "x"), '{"user":1,"byKey":{"a":[1]},"one":"x"}'),  # type: ignore[arg-type, dict-item, list-item]  # pyright: ignore - as it is decoded
]


@pytest.mark.parametrize(("annotation", "value", "wire"), SERVED, ids=lambda x: f"{x!s:.40}")
def test_it_is_served(annotation: Any, value: Any, wire: str) -> None:
    reader = TypeReader()
    node = reader.read(annotation, "here")
    reader.check_decoders()
    assert reader.misfits == []
    assert encoder(node)(value).decode() == wire
    decoded = decoder(node.annotation).decode(wire)
    assert encoder(node)(decoded).decode() == wire
    assert type(decoded) is type(value)
    assert isinstance(Schemas().of(node), dict)


class Flags(enum.Flag):
    A = 1
    B = 2


class Half(enum.Enum):
    A = 0.5


class Huge(enum.IntEnum):
    A = 2**60


class Under(msgspec.Struct, rename="camel"):
    _a: int


class Renamed(msgspec.Struct, rename=lambda name: f"_{name}"):
    a: int


class Bare(msgspec.Struct):
    a: list  # type: ignore[type-arg]  # pyright: ignore - the point of the test


@attr.s
class Unannotated:
    a: int = attr.ib()
    b: Any = attr.ib(default=3)


del Unannotated.__annotations__["b"]  # As it is with attr.ib(type=int), which has no annotation.


class ReadOnly(te.TypedDict):
    a: te.ReadOnly[int]
    b: te.Required[te.ReadOnly[int]]
    c: Annotated[te.ReadOnly[int], "x"]
    d: Annotated[te.NotRequired[int], Meta(ge=0)]  # pyright: ignore - the point of the test


class UnsetDict(TypedDict):
    a: int | UnsetType


class UnsetTuple(NamedTuple):
    a: int | UnsetType = UNSET


class UnsetRow(msgspec.Struct, array_like=True):
    a: Annotated[int | UnsetType, Meta(description="x")] = UNSET


class Left(TypedDict):
    a: int


NO_FORM = "has no form on the wire"
JSON_OR_STRUCT = "Write a type that JSON has, or a Struct."
BOUND = "It bounds an int or a float: Annotated[int, Meta(…)] | None."
LENGTH = "It bounds a str, bytes, list, set or dict."
UNSAFE = f"{2**60} is outside ±(2^53-1), where a JavaScript number is not exact"
OTHER_NAME = "Give it another name, or leave it out of the class."
CLASS = "Only a field of a Struct can be unset. Write None."

REFUSED: list[tuple[Any, list[tuple[str, str, str]]]] = [
    # annotation; where, problem, advice
    (msgspec.msgpack.Ext, [("here", f"Ext {NO_FORM}", "Write bytes.")]),
    (
        Flags,
        [
            (
                "here",
                "Flags is a Flag, whose combinations are no members",
                "Write int, or a list of members of an Enum.",
            )
        ],
    ),
    (
        Half,
        [
            (
                "here",
                "Half does not have strings, or integers, for all of its members",
                "Give it members, all with strings or all with integers.",
            )
        ],
    ),
    (Huge, [("here", f"{UNSAFE}, in Huge", "Write smaller ones, or strings.")]),
    (Literal[1, 2**60], [("here", UNSAFE, "Write smaller ones, or strings.")]),  # pyright: ignore - it is an integer
    (
        Under,
        [
            (
                f"{HERE}.Under._a",
                "the field _a starts with _, and would be on the wire all the same",
                OTHER_NAME,
            )
        ],
    ),
    (
        Renamed,
        [
            (
                f"{HERE}.Renamed.a",
                "the field _a starts with _, and would be on the wire all the same",
                OTHER_NAME,
            )
        ],
    ),
    (Bare, [(f"{HERE}.Bare.a", "list does not say of what", "Write list[Any], or better.")]),
    (
        Unannotated,
        [
            (
                f"{HERE}.Unannotated.b",
                "it has no annotation, and msgspec knows no other way to tell its type",
                "Write b: str = attr.ib(), or what it is.",
            )
        ],
    ),
    (
        ReadOnly,
        [
            *[
                (f"{HERE}.ReadOnly.{name}", "ReadOnly is not supported by msgspec", "Leave it out.")
                for name in "abc"
            ],
            (
                f"{HERE}.ReadOnly.d",
                (
                    "NotRequired stands within another annotation, where msgspec does not look for "
                    "it"
                ),
                "Write NotRequired[…] around all of it.",
            ),
        ],
    ),
    (
        UnsetDict,
        [(f"{HERE}.UnsetDict.a", "UNSET cannot be sent in a TypedDict", "Write NotRequired[int].")],
    ),
    (
        UnsetTuple,
        [(f"{HERE}.UnsetTuple.a", "UNSET cannot be sent in an array", "Write int | None.")],
    ),
    (
        UnsetRow,
        [
            (
                f"{HERE}.UnsetRow.a",
                "UNSET cannot be sent in an array",
                "Write Annotated[int, …] | None.",
            )
        ],
    ),
    (dict[str, UnsetType], [("here", "UNSET cannot be sent", CLASS)]),
    (
        Raw | None,
        [
            (
                "here",
                "Raw goes with nothing else: it may be null as well, in Raw | None",
                "Write msgspec.Raw.",
            )
        ],
    ),
    (
        list[Raw | int],
        [
            (
                "here",
                "Raw goes with nothing else: it may be null as well, in Raw | int",
                "Write msgspec.Raw.",
            )
        ],
    ),
    (
        Annotated[int, Meta(ge=0), Meta(ge=1)],
        [
            (
                "here",
                "Annotated[int, …] has Meta(ge=…) twice",
                "Write it once; that of an alias counts too.",
            )
        ],
    ),
    (
        Annotated[int, Meta(ge=0.5)],
        [
            (
                "here",
                "Meta(ge=0.5) is no integer of 64 bits, which an int is held to",
                "Write another one, or leave it out.",
            )
        ],
    ),
    (
        Annotated[int, Meta(lt=2**63)],
        [
            (
                "here",
                f"Meta(lt={2**63}) is no integer of 64 bits, which an int is held to",
                "Write another one, or leave it out.",
            )
        ],
    ),
    (
        Annotated[decimal.Decimal, Meta(ge=0)],
        [("here", "Meta(ge=…) says nothing about Decimal", BOUND)],
    ),
    (
        Annotated[tuple[int, int], Meta(max_length=3)],
        [("here", "Meta(max_length=…) says nothing about tuple[int, int]", LENGTH)],
    ),
    (
        Annotated[Text, Meta(min_length=1)],
        [("here", "Meta(min_length=…) says nothing about Text", LENGTH)],
    ),
    (Annotated[Any, Meta(ge=0)], [("here", "Meta(ge=…) says nothing about Any", BOUND)]),
    (typing.Tuple, [("here", "Tuple does not say of what", "Write Tuple[Any, ...], or better.")]),  # noqa: UP006 - users write it
    (ClassVar[int], [("here", f"ClassVar[int] {NO_FORM}", JSON_OR_STRUCT)]),
    (te.Required[int], [("here", f"Required[int] {NO_FORM}", JSON_OR_STRUCT)]),
    (c.KeysView[int], [("here", f"KeysView[int] {NO_FORM}", JSON_OR_STRUCT)]),
    *[
        (
            dict[key, int],  # type: ignore[valid-type]  # pyright: ignore - a table
            [
                (
                    "here",
                    f"{name} cannot be a key in JSON, in dict[{name}, int]",
                    "Write dict[str, int].",
                )
            ],
        )
        for key, name in (
            (bool, "bool"),
            (None, "None"),
            (str | None, "str | None"),
            (tuple[int, int], "tuple[int, int]"),
            (Literal[True], "Literal[True]"),
            (Raw, "Raw"),
            (NumberTag, "NumberTag"),
        )
    ],
    *[
        (
            set[item],  # type: ignore[valid-type]  # pyright: ignore - a table
            [("here", f"{name} cannot be in a set, in set[{name}]", f"Write list[{name}].")],
        )
        for item, name in (
            (KeywordOnly, "KeywordOnly"),
            (Base, "Base"),
            (Named, "Named"),
            (Total, "Total"),
            (Any, "Any"),
            (Raw, "Raw"),
        )
    ],
    (
        Left | Total,
        [
            (
                "here",
                "Left and Total are both objects on the wire, in Left | Total",
                "Use Structs, with a tag for each.",
            )
        ],
    ),
    (
        Row | list[int],
        [
            (
                "here",
                "Row and list[int] are both arrays on the wire, in Row | list[int]",
                "Use Structs, with a tag for each.",
            )
        ],
    ),
]


@pytest.mark.parametrize(("annotation", "expected"), REFUSED, ids=lambda x: f"{x!s:.40}")
def test_it_is_refused_with_advice(annotation: Any, expected: list[tuple[str, str, str]]) -> None:
    reader = TypeReader()
    reader.read(annotation, "here")
    assert [(m.where, m.problem, m.advice) for m in reader.misfits] == expected


MODERN = """
type Port = Annotated[int, Meta(ge=0)]
type Pair[A] = tuple[A, A]
type Maybe[A] = A | None
type Deep = Maybe[Pair[Port]]
type Absent = int | UnsetType
type Quoted = "list[int]"

class Good(Struct):
    port: Port
    pair: Pair[Port]
    deep: Deep
    by_port: dict[Port, list[Maybe[int]]]
    absent: Absent = UNSET

class Bad(Struct):
    quoted: list[Quoted]
"""


def test_aliases_of_python_3_12_are_read_in_every_place() -> None:
    if te.TypeAliasType is getattr(typing, "TypeAliasType", None) or hasattr(
        typing, "TypeAliasType"
    ):
        namespace: dict[str, Any] = {**globals(), "__name__": "modern"}
        exec(compile(MODERN, "modern", "exec", dont_inherit=True), namespace)
        reader = TypeReader()
        node = reader.read(namespace["Good"], "here")
        reader.check_decoders()
        assert reader.misfits == []
        wire = b'{"port":1,"pair":[1,2],"deep":null,"byPort":{"1":[null]}}'
        assert encoder(node)(decoder(node.annotation).decode(wire)) == wire
        reader.read(namespace["Bad"], "here")
        assert [(m.where, m.problem, m.advice) for m in reader.misfits] == [
            (
                "modern.Bad.quoted",
                "Quoted is an alias that msgspec cannot read in a field",
                "Write type Quoted = list[int], without quotes.",
            )
        ]
    else:
        with pytest.raises(SyntaxError):
            compile(MODERN, "modern", "exec")
