"""Params that do not fit: the parameter, the path, what was expected and what came."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any, Literal

import msgspec
import pytest

from rpc_worker import Struct, inline
from tests.conversation import talk


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Point(Struct):
    x_axis: float
    y_axis: float = 0.0


class Circle(Struct, tag="circle"):
    radius: float


class Square(Struct, tag="square"):
    side: float


class Closed(Struct, forbid_unknown_fields=True):
    a: int


class Typed:
    """One method for each way of being wrong."""

    @inline
    def two(self, a: int, b: str = "b") -> None: ...
    @inline
    def none(self) -> None: ...
    @inline
    def keyword(self, name: str, *, limit: int = 10) -> None: ...
    @inline
    def required_keyword(self, name: str, *, limit: int) -> None: ...
    @inline
    def maybe(self, value: int | None) -> None: ...
    @inline
    def points(self, points: list[Point]) -> None: ...
    @inline
    def mapping(self, mapping: dict[str, int]) -> None: ...
    @inline
    def pair(self, pair: tuple[int, str]) -> None: ...
    @inline
    def colour(self, colour: Colour) -> None: ...
    @inline
    def choice(self, choice: Literal["a", "b"]) -> None: ...
    @inline
    def shape(self, shape: Circle | Square) -> None: ...
    @inline
    def bounded(self, number: Annotated[int, msgspec.Meta(ge=0, lt=10)]) -> None: ...
    @inline
    def anything(self, value: Any) -> None: ...
    @inline
    def closed(self, closed: Closed) -> None: ...
    @inline
    def closed_by_name(self, closed: dict[str, list[Closed]]) -> None: ...
    @inline
    def snake_case(self, first_name: str) -> None: ...


TABLE: list[tuple[str, Any, str | None, str, str, str]] = [
    # method, params, param, path, expected, received
    ("two", [], "a", "$", "int", "nothing"),
    ("two", None, "a", "$", "int", "nothing"),
    ("two", {}, "a", "$", "int", "nothing"),
    ("two", ["1"], "a", "$", "int", '"1"'),
    ("two", [1.5], "a", "$", "int", "1.5"),
    ("two", [True], "a", "$", "int", "true"),
    ("two", [None], "a", "$", "int", "null"),
    ("two", [1, 2], "b", "$", "str", "2"),
    ("two", {"a": 1, "b": 2}, "b", "$", "str", "2"),
    ("two", {"b": "x"}, "a", "$", "int", "nothing"),
    ("two", [1, "b", 3], None, "$[2]", "at most 2 by position", "3"),
    ("two", {"a": 1, "c": 3}, None, "$.c", "only the names a, b", '"c"'),
    ("two", "text", None, "$", "an array or an object", '"text"'),
    ("two", 5, None, "$", "an array or an object", "5"),
    ("none", [1], None, "$[0]", "no parameters", "1"),
    ("none", {"a": 1}, None, "$.a", "no parameters", '"a"'),
    ("keyword", ["n", 5], None, "$[1]", "at most 1 by position", "2"),
    ("keyword", {"name": "n", "limit": "x"}, "limit", "$", "int", '"x"'),
    ("requiredKeyword", [5], "name", "$", "str", "5"),
    ("requiredKeyword", ["n"], "limit", "$", "int, by name: params as an object", "nothing"),
    ("maybe", ["x"], "value", "$", "int", '"x"'),
    ("points", [[{"xAxis": 1}, {"xAxis": "2"}]], "points", "$[1].xAxis", "float", '"2"'),
    (
        "points",
        [[{"xAxis": 1}, {}]],
        "points",
        "$[1].xAxis",
        "float",
        "nothing",
    ),
    ("points", [[1]], "points", "$[0]", "object", "1"),
    ("points", [{}], "points", "$", "list of Point", "{}"),
    ("mapping", [{"a": "b"}], "mapping", "$[...]", "int", "another type"),
    ("pair", [[1]], "pair", "$", "array of length 2", "[1]"),
    ("pair", [[1, 2]], "pair", "$[1]", "str", "2"),
    ("colour", ["blue"], "colour", "$", '"red" or "green"', '"blue"'),
    ("choice", ["c"], "choice", "$", '"a" or "b"', '"c"'),
    ("shape", [{"type": "circle", "radius": "1"}], "shape", "$.radius", "float", '"1"'),
    ("shape", [{"type": "oval"}], "shape", "$.type", '"circle" or "square"', '"oval"'),
    ("shape", [{"radius": 1}], "shape", "$.type", '"circle" or "square"', "nothing"),
    ("shape", [{"type": "circle"}], "shape", "$.radius", "float", "nothing"),
    ("shape", [{"type": "square", "side": None}], "shape", "$.side", "float", "null"),
    ("anything", [], "value", "$", "a value", "nothing"),
    ("closed", [{"a": 1, "b": 2}], "closed", "$.b", "only the members a", "2"),
    ("closedByName", [{"k": [{"a": "x"}]}], "closed", "$[...][0].a", "int", "another type"),
    (
        "closedByName",
        [{"k": [{"a": 1, "b": 2}]}],
        "closed",
        "$[...][0].b",
        "only the members a",
        "another one",
    ),
    ("bounded", [10], "number", "$", "int <= 9", "10"),
    ("bounded", [-1], "number", "$", "int >= 0", "-1"),
    ("snakeCase", [1], "firstName", "$", "str", "1"),
    ("snakeCase", {"first_name": "x"}, "firstName", "$", "str", "nothing"),
    ("two", ["x" * 200], "a", "$", "int", '"' + "x" * 79 + "…"),
]


@pytest.mark.parametrize(
    ("number", "shown"), [("1e400", "1e400"), ("9" * 5_000, "9" * 80 + "…")], ids=["float", "int"]
)
def test_a_number_that_no_type_holds_is_told_with_its_place(number: str, shown: str) -> None:
    line = f'{{"jsonrpc":"2.0","id":1,"method":"two","params":{{"b":"x","a":{number}}}}}\n'
    (answer,) = talk(Typed(), line.encode())
    expected = {"param": "a", "path": "$", "expected": "int", "received": shown}
    assert answer["error"]["data"] == expected


@pytest.mark.parametrize(
    ("method", "params", "param", "path", "expected", "received"),
    TABLE,
    ids=[f"{row[0]} {row[1]!r:.30}" for row in TABLE],
)
def test_what_does_not_fit_is_told_with_its_place(
    method: str, params: Any, param: str | None, path: str, expected: str, received: str
) -> None:
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method}
    if params is not None:
        message["params"] = params
    (answer,) = talk(Typed(), json.dumps(message).encode() + b"\n")
    place = method if param is None else f"{method}, {param}{path[1:]}"
    assert answer["error"] == {
        "code": -32602,
        "message": f"Invalid params: {place}: expected {expected}, received {received}",
        "data": {"param": param, "path": path, "expected": expected, "received": received},
    }
