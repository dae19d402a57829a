"""What is converted, and how that is said in the generated client."""

from __future__ import annotations

import datetime as dt
import enum
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Protocol,
    TypedDict,
    TypeVar,
)

import msgspec
import pytest
from msgspec import Meta, UnsetType
from typing_extensions import TypeAliasType

from rpc_worker import BigInt, Struct
from rpc_worker.codegen.codecs import CodecWriter
from rpc_worker.codegen.imports import Imports
from rpc_worker.codegen.names import type_names
from rpc_worker.codegen.survey import survey
from rpc_worker.contract import read_contract

T = TypeVar("T")
Moment = NewType("Moment", dt.datetime)
Span = TypeAliasType("Span", tuple[dt.datetime, dt.datetime])
When = TypeAliasType("When", dt.datetime | list[dt.datetime])
Days = TypeAliasType("Days", list[dt.datetime])


class Color(enum.Enum):
    RED = "red"


class Plain(Struct):
    name: str


class Point(Struct):
    taken_at: dt.datetime
    name: str
    pixels: bytes | None = None


class Node(Struct):
    at: dt.datetime
    before: Node | None
    others: dict[str, list[Node]]


class One(Struct, tag="one"):
    at: dt.datetime


class Two(Struct, tag=True):
    name: str


class Three(msgspec.Struct, tag_field="k-d", tag=3):
    at: dt.datetime


class Four(msgspec.Struct, tag_field="k-d", tag=-4):
    length: dt.timedelta


class First(Struct, array_like=True, tag="a b"):
    name: str
    at: dt.datetime


class Second(Struct, array_like=True, tag="1"):
    at: dt.datetime


class Row(Struct, array_like=True):
    name: str
    at: dt.datetime


class Place(NamedTuple):
    name: str
    at: dt.timedelta


class Odd(msgspec.Struct):
    minus: dt.datetime = msgspec.field(name="x-minus")
    digits: dt.datetime = msgspec.field(name="007")
    number: dt.datetime = msgspec.field(name="7")
    word: dt.datetime = msgspec.field(name="class")


class Absent(Struct):
    at: dt.datetime | UnsetType = msgspec.UNSET


class Pg(Struct, Generic[T]):
    items: list[T]


Headers = TypedDict("Headers", {"x-at": dt.datetime, "name": str})


class AnyAPI(Protocol):
    async def method(self, value: Any) -> None: ...


def codec_of(annotation: Any) -> tuple[str | None, list[str]]:
    """Return the expression of a type's codec, and the constants that it names."""
    AnyAPI.method.__annotations__["value"] = annotation
    contract = read_contract(AnyAPI, sources=True)
    (value,) = contract.methods["method"].parameters
    runtime = Imports(set())
    writer = CodecWriter(type_names(contract, survey(contract)), runtime, [])
    found = writer.expression(value.type)  # type: ignore[arg-type]  # it is no reference
    constants = [text.removeprefix("const ").rstrip() for text in writer.constants()]
    return None if found is None else found.line(), constants


@pytest.mark.parametrize(
    "annotation",
    [
        None,
        int,
        str,
        dt.date,
        dt.time,
        Color,
        Literal["a", 1],
        Any,
        msgspec.Raw,
        Plain,
        Two,
        list[Plain],
        dict[str, tuple[int, Plain]],
        # Whatever it is, nothing is known of it.
        Any | dt.datetime,
        # What is a key is a string on both sides.
        dict[dt.datetime, int],
        dict[bytes, Plain],
    ],
)
def test_what_is_not_converted_costs_nothing(annotation: Any) -> None:
    assert codec_of(annotation) == (None, [])


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (dt.datetime, "date"),
        (dt.timedelta, "duration"),
        (bytes, "bytes"),
        (bytearray, "bytes"),
        (BigInt, "bigint"),
        (Moment, "date"),
        (Annotated[bytes, Meta(max_length=3)], "bytes"),
        # Null passes through all of them.
        (dt.datetime | None, "date"),
        (list[dt.datetime], "list(date)"),
        (list[dt.datetime | None] | None, "list(date)"),
        (set[bytes], "list(bytes)"),
        (tuple[BigInt, ...], "list(bigint)"),
        (list[list[bytes]], "list(list(bytes))"),
        (dict[str, dt.timedelta], "dict(duration)"),
        (dict[int, list[bytes]], "dict(list(bytes))"),
        (Days, "list(date)"),
        (tuple[str, dt.datetime, int], "members(() => ({ 1: date }))"),
        (
            tuple[bytes, tuple[int, bytes]],
            "members(() => ({ 0: bytes, 1: members(() => ({ 1: bytes })) }))",
        ),
        # Told apart by their form on the wire.
        (dt.datetime | int, "either(() => ({ text: date }))"),
        (bytes | bool | None, "either(() => ({ text: bytes }))"),
        (int | list[bytes], "either(() => ({ list: list(bytes) }))"),
        (str | dict[str, bytes], "either(() => ({ object: dict(bytes) }))"),
        (
            bytes | tuple[str, bytes],
            "either(() => ({ text: bytes, list: members(() => ({ 1: bytes })) }))",
        ),
    ],
)
def test_an_expression(annotation: Any, expected: str) -> None:
    assert codec_of(annotation) == (expected, [])


@pytest.mark.parametrize(
    ("annotation", "expected", "constants"),
    [
        (
            Point,
            "pointCodec",
            ["pointCodec: Codec = members(() => ({ takenAt: date, pixels: bytes }));"],
        ),
        # A type that holds itself.
        (
            list[Node],
            "list(nodeCodec)",
            [
                (
                    "nodeCodec: Codec = members(() => ({\n"
                    "  at: date,\n  before: nodeCodec,\n  others: dict(list(nodeCodec)),\n}));"
                )
            ],
        ),
        (Absent, "absentCodec", ["absentCodec: Codec = members(() => ({ at: date }));"]),
        (Headers, "headersCodec", ['headersCodec: Codec = members(() => ({ "x-at": date }));']),
        # Arrays, whose places have numbers.
        (Row, "rowCodec", ["rowCodec: Codec = members(() => ({ 1: date }));"]),
        (Place, "placeCodec", ["placeCodec: Codec = members(() => ({ 1: duration }));"]),
        # A key that is a number in another spelling is quoted.
        (
            Odd,
            "oddCodec",
            [
                (
                    "oddCodec: Codec = members(() => ({\n"
                    '  "x-minus": date,\n  "007": date,\n  7: date,\n  class: date,\n}));'
                )
            ],
        ),
        # Told apart by a tag.
        (One, "oneCodec", ["oneCodec: Codec = members(() => ({ at: date }));"]),
        (
            One | Two | None,
            'tagged("type", () => ({ one: oneCodec }))',
            ["oneCodec: Codec = members(() => ({ at: date }));"],
        ),
        (
            Three | Four,
            'tagged("k-d", () => ({ 3: threeCodec, "-4": fourCodec }))',
            [
                "fourCodec: Codec = members(() => ({ length: duration }));",
                "threeCodec: Codec = members(() => ({ at: date }));",
            ],
        ),
        (
            First | Second,
            'tagged(0, () => ({ "a b": firstCodec, 1: secondCodec }))',
            [
                "firstCodec: Codec = members(() => ({ 2: date }));",
                "secondCodec: Codec = members(() => ({ 1: date }));",
            ],
        ),
        # Both.
        (
            One | Two | list[bytes] | bytes | bool,
            (
                'either(() => ({ text: bytes, object: tagged("type", () => ({ one: oneCodec })), '
                "list: list(bytes) }))"
            ),
            ["oneCodec: Codec = members(() => ({ at: date }));"],
        ),
        (
            Point | int,
            "either(() => ({ object: pointCodec }))",
            ["pointCodec: Codec = members(() => ({ takenAt: date, pixels: bytes }));"],
        ),
        # What has a name, and is looked at late.
        (Span, "spanCodec", ["spanCodec: Codec = members(() => ({ 0: date, 1: date }));"]),
        (
            list[When],
            "list(whenCodec)",
            ["whenCodec: Codec = either(() => ({ text: date, list: list(date) }));"],
        ),
        # What is generic, once for each of its uses.
        (
            tuple[Pg[bytes], Pg[Pg[Moment]], Pg[Color], Pg[list[BigInt]]],
            "members(() => ({ 0: pgBytesCodec, 1: pgPgMomentCodec, 3: pgBigintListCodec }))",
            [
                "pgBigintListCodec: Codec = members(() => ({ items: list(list(bigint)) }));",
                "pgBytesCodec: Codec = members(() => ({ items: list(bytes) }));",
                "pgMomentCodec: Codec = members(() => ({ items: list(date) }));",
                "pgPgMomentCodec: Codec = members(() => ({ items: list(pgMomentCodec) }));",
            ],
        ),
    ],
)
def test_a_constant(annotation: Any, expected: str, constants: list[str]) -> None:
    assert codec_of(annotation) == (expected, constants)


def test_a_constant_is_called_like_nothing_else() -> None:
    AnyAPI.method.__annotations__["value"] = Point
    contract = read_contract(AnyAPI, sources=True)
    (value,) = contract.methods["method"].parameters
    taken = ["pointCodec", "pointCodec2"]
    writer = CodecWriter(type_names(contract, survey(contract)), Imports(set()), taken)
    found = writer.expression(value.type)  # type: ignore[arg-type]  # it is no reference
    assert found is not None
    assert found.line() == "pointCodec3"
