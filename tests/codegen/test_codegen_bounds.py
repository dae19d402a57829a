"""What is said of values that TypeScript's types do not say: units, bounds, examples, defaults."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import AsyncIterator, Callable
from enum import Enum, IntEnum
from typing import Annotated, Any, Protocol

import pytest
from msgspec import Meta

from rpc_worker import BigInt, Progress, Struct
from rpc_worker.codegen.bounds import as_code, bounds, examples
from rpc_worker.codegen.names import TypeNames, type_names
from rpc_worker.codegen.survey import survey
from rpc_worker.contract import read_contract

Tag = Annotated[str, Meta(min_length=1, max_length=20)]


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Unused(Enum):
    """Not in the contract, as the default of a parameter that is Any can be."""

    A = "a"


class Point(Struct):
    upper_left: int
    color: Color = Color.RED


class AnyAPI(Protocol):
    async def method(self, value: Any, *, point: Point, level: Level) -> None: ...


def contract_of(annotation: Any) -> Any:
    AnyAPI.method.__annotations__["value"] = annotation
    return read_contract(AnyAPI, sources=True)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, []),
        (str, []),
        (dt.datetime, []),
        # What is a number or a string, and means something.
        (dt.date, ["A date: `2026-01-31`."]),
        (dt.time, ["A time of day: `13:45:00`."]),
        (dt.timedelta, ["In milliseconds."]),
        (uuid.UUID, ["A UUID."]),
        (decimal.Decimal, ["A decimal number: `0.10`."]),
        # Numbers.
        (Annotated[int, Meta(gt=0)], ["Greater than 0."]),
        (Annotated[int, Meta(ge=1)], ["At least 1."]),
        (Annotated[int, Meta(lt=10)], ["Less than 10."]),
        (Annotated[int, Meta(le=16_777_215)], ["At most 16777215."]),
        (Annotated[int, Meta(ge=-1_000_000)], ["At least -1000000."]),
        (Annotated[float, Meta(le=0.1)], ["At most 0.1."]),
        (Annotated[float, Meta(lt=1e-9)], ["Less than 1e-09."]),
        (Annotated[float, Meta(ge=0, le=1.5)], ["From 0 to 1.5."]),
        (Annotated[int, Meta(gt=0, le=9)], ["Greater than 0 and at most 9."]),
        (Annotated[int, Meta(ge=2, lt=9)], ["At least 2 and less than 9."]),
        (Annotated[int, Meta(multiple_of=8)], ["A multiple of 8."]),
        (Annotated[int, Meta(ge=0, multiple_of=8)], ["At least 0.", "A multiple of 8."]),
        # Lengths.
        (Annotated[str, Meta(min_length=1)], ["At least 1 character."]),
        (Annotated[str, Meta(max_length=80)], ["At most 80 characters."]),
        (Annotated[str, Meta(min_length=1, max_length=80)], ["1 to 80 characters."]),
        (Annotated[str, Meta(min_length=2, max_length=2)], ["Exactly 2 characters."]),
        (Annotated[str, Meta(max_length=0)], ["At most 0 characters."]),
        (Annotated[bytes, Meta(max_length=1)], ["At most 1 byte."]),
        (Annotated[bytes, Meta(max_length=2)], ["At most 2 bytes."]),
        (Annotated[list[int], Meta(min_length=1)], ["At least 1 item."]),
        (Annotated[set[int], Meta(max_length=3)], ["At most 3 items."]),
        (Annotated[dict[str, int], Meta(max_length=1)], ["At most 1 entry."]),
        (Annotated[dict[str, int], Meta(max_length=2)], ["At most 2 entries."]),
        # Texts.
        (Annotated[str, Meta(pattern=r"^`\d*/$")], [r"Matches `^\u0060\d*\/$`."]),
        # What is within.
        (list[dt.timedelta], ["Each: in milliseconds."]),
        (list[Tag], ["Each: 1 to 20 characters."]),
        (
            Annotated[list[Tag], Meta(max_length=3)],
            ["At most 3 items.", "Each: 1 to 20 characters."],
        ),
        (Tag | None, ["1 to 20 characters."]),
        (dict[str, Tag], []),
        (list[list[Tag]], ["Each: 1 to 20 characters."]),
        (tuple[int, Tag], ["Item 2: 1 to 20 characters."]),
        (
            tuple[dt.date, dt.timedelta],
            ["Item 1: a date: `2026-01-31`.", "Item 2: in milliseconds."],
        ),
        (list[tuple[int, dt.timedelta]], ["Each: item 2: in milliseconds."]),
        (AsyncIterator[dt.timedelta], ["Each: in milliseconds."]),
        (AsyncIterator[int], []),
        (Progress[dt.timedelta | None], ["In milliseconds."]),
        (Callable[[dt.timedelta], None], []),
        (Tag | int, []),
        (Point, []),
    ],
)
def test_what_is_said_of_a_type(annotation: Any, expected: list[str]) -> None:
    (value, *_) = contract_of(annotation).methods["method"].parameters
    assert bounds(value.type) == expected


@pytest.fixture
def names() -> TypeNames:
    contract = contract_of(int)
    return type_names(contract, survey(contract))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "`null`"),
        (True, "`true`"),
        (1, "`1`"),
        (0.5, "`0.5`"),
        (1e300, "`1e300`"),
        ("a", '`"a"`'),
        ("a `b` */ @internal", '`"a \\u0060b\\u0060 *\\/ \\u0040internal"`'),
        ([1, "a"], '`[1,"a"]`'),
        ({"a": None}, '`{"a":null}`'),
        # What TypeScript spells otherwise than JSON.
        (BigInt(2**64), "`18446744073709551616n`"),
        (dt.timedelta(seconds=1.5), "`1500`"),
        (dt.timedelta(days=36_500), "`3153600000000`"),
        (dt.timedelta(microseconds=1), "`0.001`"),
        (-dt.timedelta(minutes=1), "`-60000`"),
        (dt.datetime(2026, 1, 31, tzinfo=dt.UTC), '`new Date("2026-01-31T00:00:00Z")`'),
        (dt.date(2026, 1, 31), '`"2026-01-31"`'),
        (Color.RED, "`Color.RED`"),
        (Level.LOW, "`Level.LOW`"),
        (Unused.A, '`"a"`'),
        (Point(1), '`{"upperLeft":1,"color":"red"}`'),
        # Nobody writes bytes.
        (b"", ""),
        (bytearray(b"a"), ""),
    ],
)
def test_a_value_is_told_as_it_is_written(names: TypeNames, value: Any, expected: str) -> None:
    assert as_code(value, names) == expected


def test_examples_are_a_sentence(names: TypeNames) -> None:
    assert examples((), names) == []
    assert examples((1,), names) == ["Example: `1`."]
    assert examples((Color.RED, b"", "a"), names) == ['Examples: `Color.RED`, `"a"`.']
    assert examples((b"",), names) == []
