"""Dates, bytes and big integers by the contract's types: what kkrpc's clients write, and read."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import pytest

from rpc_worker import BigInt, Struct
from tests.conversation import talk
from tests.dialects.page import line, query, request, superjson

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Inner(Struct):
    octets: bytes
    when: datetime | None = None
    big: BigInt = BigInt(0)
    inner: Inner | None = None


class Tagged(Struct, tag="tagged"):
    octets: bytes


class Other(Struct, tag="other"):
    octets: str


class Row(Struct, array_like=True):
    name: str
    octets: bytes


@dataclass
class Plain:
    octets: bytes


class Service:
    async def octets(self, octets: bytes) -> bytes:
        return octets

    async def numbers(self, numbers: list[int]) -> list[int]:
        return numbers

    async def inner(self, inner: Inner) -> Inner:
        return inner

    async def many(self, many: list[Inner]) -> list[Inner]:
        return many

    async def named(self, named: dict[str, bytes]) -> dict[str, bytes]:
        return named

    async def pair(self, pair: tuple[str, bytes]) -> tuple[str, bytes]:
        return pair

    async def perhaps(self, octets: bytes | None) -> bytes | None:
        return octets

    async def either(self, either: Tagged | Other) -> Tagged | Other:
        return either

    async def any_of(
        self, values: list[int | bytes | dict[str, bytes] | None]
    ) -> list[int | bytes | dict[str, bytes] | None]:
        return values

    async def row(self, row: Row) -> Row:
        return row

    async def plain(self, plain: Plain) -> Plain:
        return plain

    async def when(self, when: datetime) -> datetime:
        return when

    async def whens(self, whens: list[datetime | None]) -> list[datetime | None]:
        return whens

    async def big(self, big: BigInt) -> BigInt:
        return big

    async def unique(self, values: set[int]) -> set[int]:
        return values

    async def uniques(
        self, named: dict[str, frozenset[datetime] | None]
    ) -> dict[str, frozenset[datetime] | None]:
        return named

    async def kind(self, kind: Literal["a", "b"], octets: bytes = b"") -> str:
        return f"{kind}{octets!r}"

    async def anything(self, value: Any) -> Any:
        return value


def answers(*messages: object) -> list[Any]:
    return talk(Service(), *(line(m) + b"\n" for m in messages))


OCTETS = [1, 2, 255]
PLAIN = {"type": "Uint8Array", "data": OCTETS}
TEXT = base64.b64encode(bytes(OCTETS)).decode()
BYTES = ["typed-array", "Uint8Array"]
WHEN = "1970-01-01T00:00:00Z"

# An argument as superjson has it, and the result as it has that, with its marks.
VALUES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("octets", OCTETS, OCTETS, {"": [BYTES]}),
    ("octets", [], [], {"": [BYTES]}),
    ("numbers", OCTETS, OCTETS, {}),
    ("named", {"a.b\\c": OCTETS}, {"a.b\\c": OCTETS}, {".a\\.b\\\\c": [BYTES]}),
    ("pair", ["x", OCTETS], ["x", OCTETS], {".1": [BYTES]}),
    ("perhaps", OCTETS, OCTETS, {"": [BYTES]}),
    ("perhaps", None, None, {}),
    ("row", ["x", OCTETS], ["x", OCTETS], {".1": [BYTES]}),
    ("plain", {"octets": OCTETS}, {"octets": OCTETS}, {".octets": [BYTES]}),
    (
        *("either", {"type": "tagged", "octets": OCTETS}, {"type": "tagged", "octets": OCTETS}),
        {".octets": [BYTES]},
    ),
    ("either", {"type": "other", "octets": "x"}, {"type": "other", "octets": "x"}, {}),
    (
        *("anyOf", [5, OCTETS, {"x": OCTETS}, None], [5, OCTETS, {"x": OCTETS}, None]),
        {".1": [BYTES], ".2.x": [BYTES]},
    ),
    ("when", WHEN, WHEN, {"": ["Date"]}),
    ("whens", [WHEN, None], [WHEN, None], {".0": ["Date"]}),
    ("big", str(2**70), str(2**70), {"": ["bigint"]}),
    ("unique", [7, 7], [7], {"": ["set"]}),
    (
        "uniques",
        {"a": [WHEN], "b": None},
        {"a": [WHEN], "b": None},
        {".a.0": ["Date"], ".a": ["set"]},
    ),
    (
        "many",
        [{"octets": [0], "inner": {"octets": [1], "when": WHEN, "big": "5"}}],
        [
            {
                "octets": [0],
                "when": None,
                "big": "0",
                "inner": {"octets": [1], "when": WHEN, "big": "5", "inner": None},
            }
        ],
        {
            ".0.octets": [BYTES],
            ".0.big": ["bigint"],
            ".0.inner.octets": [BYTES],
            ".0.inner.when": ["Date"],
            ".0.inner.big": ["bigint"],
        },
    ),
    ("anything", {"x": OCTETS}, {"x": OCTETS}, {}),
]


@pytest.mark.parametrize(("method", "given", "result", "marks"), VALUES)
def test_a_value_goes_there_and_back(
    method: str, given: Any, result: Any, marks: dict[str, Any]
) -> None:
    (answer,) = answers(superjson(request("a", method, given)))
    values = {f"args.result{path}": tags for path, tags in marks.items()}
    message = {"id": "a", "method": "", "args": {"result": result}, "type": "response"}
    if not marks:
        assert answer == {**message, "version": "json"}
        return
    assert answer["json"] == {**message, "version": "superjson"}
    assert answer["meta"] == {"values": values, "v": 1}
    assert [*answer["meta"]["values"]] == [*values], "what is within is rebuilt first"


FORMS: list[tuple[Any, bool]] = [
    (PLAIN, True),
    (OCTETS, True),
    (TEXT, True),
    ({"type": "Uint8Array", "data": [256]}, False),
    ({"0": 1, "1": 2, "2": 255}, True),
    ({"0": 1, "2": 2}, False),
    ({"0": 1, "1": "2"}, False),
    ({"type": "Uint8Array"}, False),
    ({}, False),
    ([1.5], False),
    ([True], False),
    (5, False),
]


@pytest.mark.parametrize(("form", "fits"), FORMS)
def test_bytes_come_in_any_form_that_kkrpc_has_for_them(form: Any, fits: bool) -> None:
    plain, enveloped = answers(request("a", "octets", form), query("b", "octets", form))
    if fits:
        assert plain["args"]["result"] == PLAIN
        # kkrpc 2 writes JSON only: the text that the contract has for bytes.
        assert enveloped["v"] == TEXT
    else:
        assert plain["args"]["error"].startswith("Invalid params: octets, octets: expected bytes")
        assert enveloped["e"]["n"] == "InvalidParams"


def test_what_has_no_bytes_is_never_decoded_twice() -> None:
    precise = b'{"id":"b","method":"anything","args":[1.0],"type":"request"}\n'
    kind, exact = talk(Service(), line(request("a", "kind", "a", PLAIN)) + b"\n" + precise)
    assert kind["args"]["result"] == f"a{bytes(OCTETS)!r}"
    assert exact["args"]["result"] == 1.0


def test_bytes_with_too_deep_a_recursion_are_a_misfit() -> None:
    deep: Any = {"octets": [1]}
    for _ in range(200):
        deep = {"octets": [1], "inner": deep}
    (answer,) = talk(
        Service(),
        b'{"id":"a","method":"inner","args":[%b],"type":"request"}\n' % msgspec.json.encode(deep),
    )
    assert answer["args"]["result"]["octets"] == {"type": "Uint8Array", "data": [1]}


# Results as plain JSON has them: kkrpc 0.1 and those that were told to know nothing else.
PLAIN_RESULTS: list[tuple[str, Any, Any]] = [
    ("octets", PLAIN, PLAIN),
    ("octets", [], {"type": "Uint8Array", "data": []}),
    ("numbers", OCTETS, OCTETS),
    ("named", {"a.b": OCTETS}, {"a.b": PLAIN}),
    ("perhaps", None, None),
    ("perhaps", PLAIN, PLAIN),
    ("row", ["x", PLAIN], ["x", PLAIN]),
    ("either", {"type": "other", "octets": "x"}, {"type": "other", "octets": "x"}),
    ("anyOf", [5, PLAIN, {"x": PLAIN}, None], [5, PLAIN, {"x": PLAIN}, None]),
    ("when", WHEN, WHEN),
    ("whens", [WHEN, None], [WHEN, None]),
    ("big", str(2**70), str(2**70)),
    (
        *("inner", {"octets": PLAIN, "when": WHEN, "big": "5"}),
        {"octets": PLAIN, "when": WHEN, "big": "5", "inner": None},
    ),
]


@pytest.mark.parametrize(("method", "given", "result"), PLAIN_RESULTS)
@pytest.mark.parametrize("more", [{}, {"version": "json"}, {"unknown": 1}])
def test_a_call_in_plain_json_is_answered_in_plain_json(
    method: str, given: Any, result: Any, more: dict[str, Any]
) -> None:
    asked = {"id": "a", "method": method, "args": [given], "type": "request", **more}
    (answer,) = answers(asked)
    expected = {"id": "a", "method": "", "args": {"result": result}, "type": "response"}
    assert answer == {**expected, "version": "json"}


def test_pages_of_both_forms_are_each_answered_in_their_own() -> None:
    asked = [request(identity, "when", WHEN) for identity in "abcd"]
    told = answers(asked[0], superjson(asked[1]), asked[2], superjson(asked[3]))
    assert [answer.get("version") for answer in told] == ["json", None, "json", None]
    assert [answer.get("json", {}).get("version") for answer in told][1::2] == ["superjson"] * 2
