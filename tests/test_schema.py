"""Which annotations have a form on the wire, as which nodes, and what is said of the others."""
# ruff: noqa: N818 - errors are called as users call them

from __future__ import annotations

import collections
import collections.abc as c
import dataclasses
import datetime as dt
import decimal
import enum
import pathlib
import sys
import typing
import uuid
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar

import attrs
import msgspec
import pytest
import typing_extensions as te
from msgspec import UNSET, Meta, UnsetType

from rpc_worker import BigInt, RpcError, Struct
from rpc_worker.markers import dec_hook, enc_hook
from rpc_worker.reading.annotations import TypeReader
from rpc_worker.reading.sources import Sources
from rpc_worker.schema import (
    Array,
    Choice,
    Enumeration,
    Map,
    Record,
    Scalar,
    Tuple,
    Type,
    Union,
)

T = TypeVar("T")
HERE = __name__


class Color(enum.Enum):
    """What it looks like."""

    RED = "red"
    GREEN = "green"
    """The other one."""


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Painted(Struct):
    Color: Color  # pyright: ignore - its name is that of its type


class Pair(Struct):
    first_value: int
    second: str = "x"


class Circle(Struct, tag="circle"):
    radius: float


class Square(Struct, tag="square"):
    side: float


class Tree(Struct):
    children: list[Tree]


class Page(Struct, Generic[T]):
    items: list[T]
    next: Page[T] | None = None


class Numbers(Page[int]):
    pass


class Point(msgspec.Struct, array_like=True, frozen=True):
    x: int
    y: int = 0


class Maybe(Struct):
    a: int | UnsetType = UNSET
    b: Annotated[int | UnsetType | None, Meta(description="Said.")] = UNSET


@dataclasses.dataclass
class Data:
    a: int
    b: list[int] = dataclasses.field(default_factory=list[int])
    c: typing.ClassVar[int] = 3


@attrs.define
class Attributes:
    a: int
    b: list[int] = attrs.Factory(list[int])
    c: int = 7


class Typed(TypedDict, total=False):
    a: te.Required[int]
    b: str


class Marked(TypedDict):
    a: int
    b: te.NotRequired[str]


class Named(NamedTuple):
    a: int
    b: str = "x"


UserId = NewType("UserId", int)
Ids = te.TypeAliasType("Ids", list[UserId])
ListOf = te.TypeAliasType("ListOf", list[T], type_params=(T,))


def shape(node: Type, within: tuple[Record, ...] = ()) -> Any:
    """Return a node as something short to compare with."""
    bounds = getattr(node, "constraints", None)
    more = () if bounds is None else (msgspec.to_builtins(bounds),)
    match node:
        case Scalar():
            return (node.kind, *more) if more else node.kind
        case Choice():
            return ["choice", *node.values]
        case Enumeration():
            return node.cls
        case Array():
            return [node.kind, shape(node.item, within), *more]
        case Tuple():
            return ["items", *(shape(item, within) for item in node.items)]
        case Map():
            return ["map", shape(node.key, within), shape(node.value, within), *more]
        case Record():
            if node in within:
                return node.cls
            inner = (*within, node)
            return {node.cls: {f.wire: shape(f.type, inner) for f in node.fields}}
        case Union():
            return ["or", *(shape(member, within) for member in node.members)]


def read(annotation: Any) -> Type:
    reader = TypeReader()
    node = reader.read(annotation, "here")
    reader.check_decoders()
    assert reader.misfits == []
    return node


PAIR = {Pair: {"firstValue": "int", "second": "str"}}
UTC = dt.UTC

GOOD: list[tuple[Any, Any, Any]] = [
    # annotation, shape, a value of the type
    (Any, "any", {"a": [1]}),
    (None, "null", None),
    (bool, "bool", True),
    (int, "int", 5),
    (float, "float", 1.5),
    (str, "str", "text"),
    (bytes, "bytes", b"\x00\xff"),
    (bytearray, "bytes", bytearray(b"a")),
    (msgspec.Raw, "raw", msgspec.Raw(b'{"a":1}')),
    (BigInt, "bigint", BigInt(2**70)),
    (dt.datetime, "datetime", dt.datetime(2026, 1, 2, tzinfo=UTC)),
    (dt.date, "date", dt.date(2026, 1, 2)),
    (dt.time, "time", dt.time(3, 4)),
    (dt.timedelta, "timedelta", dt.timedelta(days=1)),
    (uuid.UUID, "uuid", uuid.UUID(int=7)),
    (decimal.Decimal, "decimal", decimal.Decimal("1.10")),
    (Color, Color, Color.RED),
    (Level, Level, Level.HIGH),
    (Literal["b", "a", 1], ["choice", "b", "a", 1], "b"),
    (Literal[True], ["choice", True], True),
    (Literal["b", None, "a"], ["or", ["choice", "b", "a"], "null"], None),  # noqa: PYI061 - users write it
    (Literal[None], "null", None),  # noqa: PYI061 - users write it
    (list[int], ["list", "int"], [1]),
    (list[int], ["list", "int"], []),
    (typing.List[int], ["list", "int"], [1]),  # noqa: UP006 - users write it
    (set[str], ["set", "str"], {"a"}),
    (frozenset[Point], ["frozenset", {Point: {"x": "int", "y": "int"}}], frozenset([Point(1)])),
    (tuple[int, ...], ["tuple", "int"], (1, 2)),
    (tuple[int, str], ["items", "int", "str"], (1, "a")),
    (tuple[()], ["items"], ()),
    (c.Sequence[int], ["sequence", "int"], [1]),
    (c.Collection[int], ["sequence", "int"], [1]),
    (c.Set[int], ["set", "int"], {1}),
    (dict[str, int], ["map", "str", "int"], {"a": 1}),
    (dict[int, Any], ["map", "int", "any"], {1: None}),
    (dict[Color, int], ["map", Color, "int"], {Color.RED: 1}),
    (dict[Literal["a"], int], ["map", ["choice", "a"], "int"], {"a": 1}),
    (dict[dt.date, int], ["map", "date", "int"], {dt.date(2026, 1, 2): 1}),
    (dict[BigInt, int], ["map", "bigint", "int"], {BigInt(2**70): 1}),
    (dict[int | dt.date, int], ["map", ["or", "int", "date"], "int"], {1: 1}),
    (c.Mapping[str, int], ["map", "str", "int"], {"a": 1}),
    (typing.Optional[int], ["or", "int", "null"], 1),  # noqa: UP045 - users write it
    (None | int, ["or", "int", "null"], None),
    (int | float | str | bool, ["or", "int", "float", "str", "bool"], 1.5),
    (str | Literal["auto"], ["or", "str", ["choice", "auto"]], "x"),  # noqa: PYI051 - users write it
    (dt.datetime | int | list[int] | dict[str, int], None, [1]),
    (BigInt | None, ["or", "bigint", "null"], BigInt(-3)),
    (Annotated[int, Meta(ge=0), Meta(lt=9)], ("int", {"ge": 0, "lt": 9}), 3),
    (Annotated[str, Meta(pattern="^a")], ("str", {"pattern": "^a"}), "abc"),
    (Annotated[dt.datetime, Meta(tz=True)], ("datetime", {"tz": True}), dt.datetime.now(UTC)),
    (Annotated[list[int], Meta(max_length=2)], ["list", "int", {"max_length": 2}], [1]),
    (Annotated[dict[str, int], Meta(min_length=1)], None, {"a": 1}),
    (Annotated[int | None, Meta(description="Any.")], ["or", "int", "null"], None),
    (Annotated[int | None, "x"] | str, ["or", "int", "str", "null"], None),
    (list[Annotated[int, Meta(extra={"a": [1]})]], ["list", "int"], [1]),
    (
        Page[Annotated[int, Meta(extra={"a": [1]})]],
        {Page: {"items": ["list", "int"], "next": ["or", Page, "null"]}},
        Page[int]([1]),
    ),
    (UserId, "int", 4),
    (Ids, ["list", "int"], [4]),
    (dict[str, Ids] | None, ["or", ["map", "str", ["list", "int"]], "null"], {"a": [1]}),
    (Annotated[Ids, Meta(max_length=2)], ["list", "int", {"max_length": 2}], [1]),
    (ListOf[str], ["list", "str"], ["a"]),
    (Pair, PAIR, Pair(1)),
    (Painted, {Painted: {"Color": Color}}, Painted(Color.RED)),
    (list[Pair] | None, ["or", ["list", PAIR], "null"], [Pair(1, "b")]),
    (Tree, {Tree: {"children": ["list", Tree]}}, Tree([Tree([])])),
    (
        Circle | Square | None,
        ["or", {Circle: {"radius": "float"}}, {Square: {"side": "float"}}, "null"],
        Square(2.0),
    ),
    (
        Page[Pair],
        {Page: {"items": ["list", PAIR], "next": ["or", Page, "null"]}},
        Page[Pair]([Pair(1)]),
    ),
    (
        Numbers,
        {
            Numbers: {
                "items": ["list", "int"],
                "next": [
                    "or",
                    {Page: {"items": ["list", "int"], "next": ["or", Page, "null"]}},
                    "null",
                ],
            }
        },
        Numbers([1]),
    ),
    (Point, {Point: {"x": "int", "y": "int"}}, Point(1)),
    (Maybe, {Maybe: {"a": "int", "b": ["or", "int", "null"]}}, Maybe(b=None)),
    (Data, {Data: {"a": "int", "b": ["list", "int"]}}, Data(1)),
    (Attributes, {Attributes: {"a": "int", "b": ["list", "int"], "c": "int"}}, Attributes(1)),
    (Typed, {Typed: {"a": "int", "b": "str"}}, {"a": 1}),
    (Marked, {Marked: {"a": "int", "b": "str"}}, {"a": 1}),
    (Named, {Named: {"a": "int", "b": "str"}}, Named(1)),
]


@pytest.mark.parametrize(("annotation", "expected", "value"), GOOD, ids=lambda x: f"{x!s:.40}")
def test_what_msgspec_encodes_and_decodes_has_a_node(
    annotation: Any, expected: Any, value: Any
) -> None:
    node = read(annotation)
    if expected is not None:
        assert shape(node) == expected
    text = msgspec.json.encode(value, enc_hook=enc_hook)
    decoded = msgspec.json.decode(text, type=node.annotation, dec_hook=dec_hook)
    assert decoded == value
    assert type(decoded) is type(value)


class Unnamed(TypedDict):
    _hidden: int


class Missing(Struct):
    here: int
    gone: Nowhere  # type: ignore[name-defined]  # noqa: F821 # pyright: ignore[reportUndefinedVariable] - the point of the test


class BadDefaults(Struct):
    a: int = "x"  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - the point of the test
    b: float = float("nan")
    c: int = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - the point of the test


@dataclasses.dataclass
class Initial:
    a: dataclasses.InitVar[int]
    b: int = dataclasses.field(init=False, default=3)


@attrs.define
class TakesSelf:
    a: int = attrs.Factory(lambda _self: 1, takes_self=True)


class ReadOnly(te.TypedDict):
    a: te.ReadOnly[int]


class Aliased(Struct):
    ids: Ids


class Mixed(enum.Enum):
    A = "a"
    B = 1


class Empty(enum.Enum):
    pass


class Flags(enum.Flag):
    A = 1


class Plain:
    pass


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Failure(RpcError, code=1):
    pass


class Coordinates(msgspec.Struct, array_like=True, tag="coordinates"):
    x: int


class Numbered(Struct, tag=1):
    a: int


class OtherField(Struct, tag_field="kind", tag="other"):
    a: int


class Round(Struct, tag="circle"):
    a: int


Recursive = te.TypeAliasType("Recursive", "int | list[Recursive]")
Unknown = te.TypeAliasType("Unknown", "list[Nowhere]")  # type: ignore[name-defined]  # noqa: F821 # pyright: ignore - the point of the test

NO_FORM = "has no form on the wire"
JSON_OR_STRUCT = "Write a type that JSON has, or a Struct."
UNION = "Write one of them, or str and convert it."
TAGS = "Use Structs, with a tag for each."
UNQUOTED = "Write it without quotes; if it is the alias that it stands in, use a Struct."
ENUM = "Give it members, all with strings or all with integers."

BAD: list[tuple[Any, str, str]] = [
    # annotation, problem, advice
    (object, f"object {NO_FORM}", "Write Any."),
    (complex, f"complex {NO_FORM}", "Write tuple[float, float]."),
    (range, f"range {NO_FORM}", "Write tuple[int, int]."),
    (type, f"type {NO_FORM}", "Write str, and send the name."),
    (type[int], f"type[int] {NO_FORM}", "Write str, and send the name."),
    (pathlib.Path, f"Path {NO_FORM}", "Write str, and send str(path)."),
    (collections.deque[int], f"deque[int] {NO_FORM}", "Write list[…]."),
    (collections.OrderedDict[str, int], f"OrderedDict[str, int] {NO_FORM}", "Write dict[…]."),
    (c.Hashable, f"Hashable {NO_FORM}", JSON_OR_STRUCT),
    (te.LiteralString, f"LiteralString {NO_FORM}", "Write str."),
    (te.Never, f"Never {NO_FORM}", "Write None."),
    (typing.Self, f"Self {NO_FORM}", JSON_OR_STRUCT),  # pyright: ignore - it is a special form
    (Plain, f"Plain {NO_FORM}", "Write class Plain(rpc_worker.Struct) with the fields to send."),
    (Text, f"Text {NO_FORM}", "Write str."),
    (Number, f"Number {NO_FORM}", "Write int, or rpc_worker.BigInt."),
    (Failure, f"Failure {NO_FORM}", "Raise it, and declare it: @raises(Failure)."),
    (
        c.AsyncIterator[int],
        "AsyncIterator[int] is a stream, which only a parameter or a whole result can be",
        "Make it a parameter of its own, or write list[…].",
    ),
    (
        c.Iterator[int],
        "Iterator[int] is a stream, which only a parameter or a whole result can be",
        "Make it a parameter of its own, or write list[…].",
    ),
    (
        c.Callable[[int], str] | None,
        "Callable[[int], str] is a callback, which only a parameter can be",
        "Make it a parameter of its own.",
    ),
    (
        c.Awaitable[int],
        f"Awaitable[int] {NO_FORM}",
        "Write the type of what is awaited, and `async def`.",
    ),
    (
        T,
        "T is a type variable, and stands for no type",
        "Write a type, or give the generic class its argument, as in Page[Item].",
    ),
    ("int", "'int' is the name of a type, and no type", UNQUOTED),
    (
        [int],
        "the list [<class 'int'>] is a value, and no type",
        "Write a type, such as list[int], tuple[int, str] or dict[str, int].",
    ),
    (
        (int, ["a"]),
        "the tuple (<class 'int'>, ['a']) is a value, and no type",
        "Write a type, such as list[int], tuple[int, str] or dict[str, int].",
    ),
    (3, f"3 {NO_FORM}", JSON_OR_STRUCT),
    (UnsetType, "UNSET cannot be sent", "Only a field of a Struct can be unset. Write None."),
    (
        int | UnsetType,
        "UNSET cannot be sent, in int | UnsetType",
        "Only a field of a Struct can be unset. Write None.",
    ),
    (list, "list does not say of what", "Write list[Any], or better."),
    (dict, "dict does not say of what", "Write dict[str, Any], or better."),
    (tuple, "tuple does not say of what", "Write tuple[Any, ...], or better."),
    (Page, "Page is generic, and does not say of what", "Write Page[Any], or better."),
    (
        Literal[b"x"],  # pyright: ignore - the point of the test
        "Literal[b'x'] is neither a string, an integer, a bool nor None",
        "Write Literal with strings.",
    ),
    (
        Literal[Color.RED],
        "Literal[Color.RED] is a member of an Enum",
        "Write Color, or Literal['red'].",
    ),
    (Mixed, "Mixed does not have strings, or integers, for all of its members", ENUM),
    (Empty, "Empty does not have strings, or integers, for all of its members", ENUM),
    (
        Flags,
        "Flags is a Flag, whose combinations are no members",
        "Write int, or a list of members of an Enum.",
    ),
    (
        dict[tuple[int, int], str],
        "tuple[int, int] cannot be a key in JSON, in dict[tuple[int, int], str]",
        "Write dict[str, str].",
    ),
    (
        dict[bool, int],
        "bool cannot be a key in JSON, in dict[bool, int]",
        "Write dict[str, int].",
    ),
    (
        dict[str | None, int],
        "str | None cannot be a key in JSON, in dict[str | None, int]",
        "Write dict[str, int].",
    ),
    (
        set[Pair | Any],
        "Pair | Any cannot be in a set, in set[Pair | Any]",
        "Write list[Pair | Any].",
    ),
    (set[Tree], "Tree cannot be in a set, in set[Tree]", "Write list[Tree]."),
    (
        Annotated[str, Meta(gt=0)],
        "Meta(gt=…) says nothing about str",
        "It bounds an int or a float: Annotated[int, Meta(…)] | None.",
    ),
    (
        Annotated[int | None, Meta(ge=0)],
        "Meta(ge=…) says nothing about int | None",
        "It bounds an int or a float: Annotated[int, Meta(…)] | None.",
    ),
    (
        Annotated[tuple[int, int], Meta(max_length=2)],
        "Meta(max_length=…) says nothing about tuple[int, int]",
        "It bounds a str, bytes, list, set or dict.",
    ),
    (
        Annotated[dt.date, Meta(tz=True)],
        "Meta(tz=…) says nothing about date",
        "It is for a datetime or a time: Annotated[datetime, Meta(tz=True)] | None.",
    ),
    (
        str | dt.datetime,
        "str and datetime are both strings on the wire, in str | datetime",
        UNION,
    ),
    (str | bytes, "str and bytes are both strings on the wire, in str | bytes", UNION),
    (Color | str, "Color and str are both strings on the wire, in Color | str", UNION),
    (
        Color | Literal["x"],
        "Color and Literal['x'] are both strings on the wire, in Color | Literal['x']",
        UNION,
    ),
    (
        int | Level,
        "int and Level are both integers on the wire, in int | Level",
        "Write one of them.",
    ),
    (
        BigInt | int,
        "BigInt goes with nothing but None, in BigInt | int",
        "Write BigInt, or BigInt | None.",
    ),
    (
        Pair | Tree,
        "Pair and Tree cannot be told apart without a tag, in Pair | Tree",
        'Write class Pair(Struct, tag="pair"), and a tag for each of them.',
    ),
    (
        Circle | Pair,
        "Circle and Pair cannot be told apart without a tag, in Circle | Pair",
        'Write class Pair(Struct, tag="pair"), and a tag for each of them.',
    ),
    (
        Circle | Round,
        "Circle and Round share the tag 'circle', in Circle | Round",
        "Give each of them a tag of its own.",
    ),
    (
        Circle | Numbered,
        "Circle and Numbered have strings and integers as tags, in Circle | Numbered",
        "Use strings for all of them.",
    ),
    (
        Circle | OtherField,
        "Circle and OtherField have tags in fields of different names, in Circle | OtherField",
        "Use one tag_field.",
    ),
    (
        Circle | Coordinates,
        "Circle and Coordinates are arrays and objects, in Circle | Coordinates",
        "Use array_like for all of them, or none.",
    ),
    (
        Circle | dict[str, int],
        "Circle and dict[str, int] are both objects on the wire, in Circle | dict[str, int]",
        TAGS,
    ),
    (Data | Typed, "Data and Typed are both objects on the wire, in Data | Typed", TAGS),
    (
        list[int] | tuple[int, int],
        "list[int] and tuple[int, int] are both arrays on the wire, in list[int] | tuple[int, int]",
        TAGS,
    ),
    (
        Named | set[int],
        "Named and set[int] are both arrays on the wire, in Named | set[int]",
        TAGS,
    ),
]


@pytest.mark.parametrize(("annotation", "problem", "advice"), BAD, ids=lambda x: f"{x!s:.40}")
def test_what_has_no_node_is_refused_with_its_place(
    annotation: Any, problem: str, advice: str
) -> None:
    reader = TypeReader()
    reader.read(annotation, "here")
    assert [(m.where, m.problem, m.advice) for m in reader.misfits] == [("here", problem, advice)]


BAD_FIELDS: list[tuple[Any, list[tuple[str, str, str]]]] = [
    (
        Unnamed,
        [
            (
                "Unnamed._hidden",
                "the field _hidden starts with _, and would be on the wire all the same",
                "Give it another name, or leave it out of the class.",
            )
        ],
    ),
    (
        Missing,
        [
            (
                "Missing.gone",
                "the name 'Nowhere' in its annotation does not exist when the worker runs",
                (
                    "Import it outside of `if TYPE_CHECKING:`, and define it in the module, not "
                    "in a function."
                ),
            )
        ],
    ),
    (
        BadDefaults,
        [
            ("BadDefaults.a", "its default 'x' is not int", "Write a default that is int."),
            ("BadDefaults.b", "its default nan is not float", "Write a default that is float."),
            ("BadDefaults.c", "its default None is not int", "Write int | None."),
        ],
    ),
    (
        Initial,
        [
            ("Initial.a", "InitVar is no field, and msgspec does not support it", "Use a Struct."),
            ("Initial.b", "field(init=False) is not always on the wire", "Use a Struct."),
        ],
    ),
    (
        TakesSelf,
        [
            (
                "TakesSelf.a",
                "a default that takes self is not supported by msgspec",
                "Give it a default that does not.",
            )
        ],
    ),
    (ReadOnly, [("ReadOnly.a", "ReadOnly is not supported by msgspec", "Leave it out.")]),
]


@pytest.mark.parametrize(("annotation", "expected"), BAD_FIELDS, ids=lambda x: f"{x!s:.40}")
def test_a_field_is_refused_with_its_class(
    annotation: Any, expected: list[tuple[str, str, str]]
) -> None:
    reader = TypeReader()
    reader.read(list[annotation], "here")
    found = [(m.where, m.problem, m.advice) for m in reader.misfits]
    assert found == [(f"{HERE}.{where}", what, advice) for where, what, advice in expected]


def test_an_alias_of_typing_extensions_is_refused_in_a_field() -> None:
    reader = TypeReader()
    reader.read(Aliased, "here")
    refused = (
        f"{HERE}.Aliased.ids",
        "Ids is an alias that msgspec cannot read in a field",
        "Write Ids: TypeAlias = …, or the type itself.",
    )
    # From 3.14 on there is one kind of alias, and msgspec knows it.
    expected = [] if sys.version_info >= (3, 14) else [refused]
    assert [(m.where, m.problem, m.advice) for m in reader.misfits] == expected


MODERN = """
type Ids = list[int]
type ListOf[T] = list[T]

class Page[T](Struct):
    items: list[T]
    ids: Ids
    more: ListOf[T] | None = None
"""


def test_the_syntax_of_python_3_12() -> None:
    namespace: dict[str, Any] = {"__name__": "modern", "Struct": Struct}
    if sys.version_info >= (3, 12):
        # This file is parsed by 3.11 as well.
        exec(compile(MODERN, "modern", "exec", dont_inherit=True), namespace)
        node = read(namespace["Page"][str])
        fields = {"items": ["list", "str"], "ids": ["list", "int"]}
        more = {"more": ["or", ["list", "str"], "null"]}
        assert shape(node) == {namespace["Page"]: fields | more}
    else:
        with pytest.raises(SyntaxError):
            compile(MODERN, "modern", "exec")


@pytest.mark.parametrize(
    ("annotation", "problem", "advice"),
    [
        (
            dict[str, Recursive],
            "Recursive is an alias that stands in its own value",
            "Use a Struct: a field of it may be the Struct again.",
        ),
        (
            Unknown,
            "the name 'Nowhere' in its annotation does not exist when the worker runs",
            (
                "Import it outside of `if TYPE_CHECKING:`, and define it in the module, not in a "
                "function."
            ),
        ),
    ],
    ids=["recursive", "unknown"],
)
def test_an_alias_without_a_value_is_refused(annotation: Any, problem: str, advice: str) -> None:
    reader = TypeReader()
    reader.read(annotation, "here")
    assert [(m.where, m.problem, m.advice) for m in reader.misfits] == [("here", problem, advice)]


def test_what_msgspec_alone_refuses_is_told_with_its_place() -> None:
    class Changing(Struct):
        a: int

    reader = TypeReader()
    reader.read(int, "here")
    reader.read(Changing, "there")
    Changing.__annotations__["a"] = "Lost"
    reader.check_decoders()
    assert [(m.where, m.problem, m.advice) for m in reader.misfits] == [
        (
            "there",
            "msgspec cannot read it: NameError: name 'Lost' is not defined",
            "Write another type.",
        )
    ]


def test_a_class_is_one_node_wherever_it_occurs() -> None:
    reader = TypeReader()
    first = reader.read(list[Tree], "here")
    second = reader.read(Tree, "there")
    color = reader.read(Color, "here")
    assert isinstance(first, Array)
    assert first.item is second
    assert isinstance(second, Record)
    (children,) = second.fields
    assert isinstance(children.type, Array)
    assert children.type.item is second
    assert reader.read(Color, "there") is color
    assert reader.read(Page[int], "here") is not reader.read(Page[str], "here")


def record(annotation: Any, sources: Sources | None = None) -> Record:
    reader = TypeReader(sources)
    node = reader.read(annotation, "here")
    assert reader.misfits == []
    assert isinstance(node, Record)
    return node


REQUIRED: Final = "required"

FIELDS: list[tuple[Any, list[tuple[str, str, Any, bool]]]] = [
    # class; name, wire name, default, whether it can be unset
    (Pair, [("first_value", "firstValue", REQUIRED, False), ("second", "second", "x", False)]),
    (Maybe, [("a", "a", UNSET, True), ("b", "b", UNSET, True)]),
    (Data, [("a", "a", REQUIRED, False), ("b", "b", UNSET, False)]),
    (
        Attributes,
        [("a", "a", REQUIRED, False), ("b", "b", UNSET, False), ("c", "c", 7, False)],
    ),
    (Typed, [("a", "a", REQUIRED, False), ("b", "b", UNSET, False)]),
    (Marked, [("a", "a", REQUIRED, False), ("b", "b", UNSET, False)]),
    (Named, [("a", "a", REQUIRED, False), ("b", "b", "x", False)]),
]


@pytest.mark.parametrize(("annotation", "expected"), FIELDS, ids=lambda x: f"{x!s:.40}")
def test_fields_are_what_msgspec_encodes(
    annotation: Any, expected: list[tuple[str, str, Any, bool]]
) -> None:
    found = [
        (f.name, f.wire, REQUIRED if f.required else f.default, f.unset)
        for f in record(annotation).fields
    ]
    assert found == expected


def test_what_a_struct_is_configured_to_be() -> None:
    class Strict(Struct, tag="strict", tag_field="kind", forbid_unknown_fields=True):
        a: int = 0

    strict, point, named = record(Strict), record(Point), record(Named)
    assert (strict.tag_field, strict.tag, strict.forbid_unknown) == ("kind", "strict", True)
    assert not strict.array_like
    assert point.array_like
    assert named.array_like
    assert (point.tag_field, point.forbid_unknown, point.omit_defaults) == (None, False, False)


class Documented(Struct):
    """A class."""

    plain: int
    said: int
    """Below the field,

        with an example.

    The end.
    """
    meta: Annotated[int, Meta(description="In the annotation.")] = 0
    old: Annotated[int, Meta(extra_json_schema={"deprecated": True})] = 0


class Inheriting(Documented):
    said: int
    own: int = 0
    """Its own."""


def test_docstrings_and_lines_of_fields_come_from_the_source_if_asked_for() -> None:
    without = record(Inheriting)
    assert {f.name: f.doc for f in without.fields if f.doc} == {"meta": "In the annotation."}
    assert {f.source for f in without.fields} == {None}
    assert (without.source.line, without.source.file) == (0, "")

    found = record(Inheriting, Sources())
    assert {f.name: f.doc for f in found.fields if f.doc} == {
        "meta": "In the annotation.",
        "own": "Its own.",
    }
    assert [f.name for f in found.fields if f.deprecated] == ["old"]
    lines = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()
    assert lines[found.source.line - 1] == "class Inheriting(Documented):"
    by_name = {f.name: lines[f.source.line - 1].strip() for f in found.fields if f.source}
    assert by_name["own"] == "own: int = 0"
    assert by_name["plain"] == "plain: int"
    assert found.source.file == __file__

    documented = {f.name: f.doc for f in record(Documented, Sources()).fields}
    assert documented["said"] == "Below the field,\n\n    with an example.\n\nThe end."


def test_docstrings_are_a_class_s_own() -> None:
    assert record(Documented).doc == "A class."
    assert record(Inheriting).doc == ""
    assert record(Data).doc == ""
    assert record(Named).doc == ""


def test_members_of_enumerations_keep_their_order_and_docstrings() -> None:
    reader = TypeReader(Sources())
    node = reader.read(Color, "here")
    assert isinstance(node, Enumeration)
    assert node.doc == "What it looks like."
    assert [(m.name, m.value, m.doc) for m in node.members] == [
        ("RED", "red", ""),
        ("GREEN", "green", "The other one."),
    ]


def test_a_class_without_a_source_is_read_all_the_same() -> None:
    namespace: dict[str, Any] = {"__name__": "nowhere", "Struct": Struct}
    exec("class Made(Struct):\n    a: int\n    '''Lost.'''", namespace)  # as a console does
    made = record(namespace["Made"], Sources())
    assert (made.source.module, made.source.line, made.fields[0].doc) == ("nowhere", 0, "")


BIG: list[tuple[bytes, bool]] = [
    (b'"5"', True),
    (b'"-1180591620717411303424"', True),
    (b'"0"', True),
    (b"5", False),
    (b'"5.0"', False),
    (b'" 5"', False),
    (b'"1_000"', False),
    (b'""', False),
    ('"٣"'.encode(), False),
]


@pytest.mark.parametrize(("text", "fits"), BIG)
def test_a_big_integer_is_a_string_of_digits(text: bytes, *, fits: bool) -> None:
    decode = msgspec.json.Decoder(list[BigInt], dec_hook=dec_hook).decode
    if fits:
        (value,) = decode(b"[" + text + b"]")
        assert type(value) is BigInt
        assert msgspec.json.encode(value, enc_hook=enc_hook) == text
    else:
        with pytest.raises(
            msgspec.ValidationError, match=r"^Expected `BigInt`, a string of digits"
        ):
            decode(b"[" + text + b"]")
