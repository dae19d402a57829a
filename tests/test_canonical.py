"""Sets have an order of their own wherever a contract is told, whatever stands in them."""

from __future__ import annotations

import datetime as dt
import enum
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import attrs
import msgspec
import pydantic
import pytest

from rpc_worker import BigInt, Struct
from rpc_worker.canonical import canonical


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


class Filter(Struct, tag="filter", omit_defaults=True):
    some_colors: frozenset[Color] = frozenset()
    limit: int = 1


class Row(Struct, array_like=True, tag="row"):
    colors: frozenset[Color]
    limit: int = 1


@dataclass(frozen=True)
class Plain:
    some_colors: frozenset[Color]


@attrs.frozen
class Attributes:
    some_colors: frozenset[Color]


class Model(pydantic.BaseModel):
    colors: set[Color] = pydantic.Field(alias="someColors")


class Pair(NamedTuple):
    first: frozenset[Color]
    second: int


ALL: Final = frozenset(Color)
TOLD: Final = ["blue", "green", "red"]


CASES: Final[list[tuple[Any, Any]]] = [
    (ALL, TOLD),
    ({"10", "9", 10, 9, None, 2.5}, [2.5, 9, 10, "10", "9", None]),
    ({BigInt(10), BigInt(9)}, ["10", "9"]),
    ({dt.date(2026, 1, 2), dt.date(2026, 1, 1)}, ["2026-01-01", "2026-01-02"]),
    (frozenset({ALL, frozenset({Color.RED})}), [TOLD, ["red"]]),
    ([ALL, 1], [TOLD, 1]),
    (("b", "a"), ["b", "a"]),
    (Pair(ALL, 1), [TOLD, 1]),
    ({2: ALL, 1: frozenset[Color]()}, {"2": TOLD, "1": []}),
    ({Color.RED: [ALL]}, {"red": [TOLD]}),
    (Filter(ALL), {"type": "filter", "someColors": TOLD}),
    (Filter(limit=2), {"type": "filter", "limit": 2}),
    (Row(ALL), ["row", TOLD, 1]),
    (Plain(ALL), {"some_colors": TOLD}),
    (Attributes(ALL), {"some_colors": TOLD}),
    (Model(someColors={*Color}), {"someColors": TOLD}),
    ([Filter(ALL)], [{"type": "filter", "someColors": TOLD}]),
]


@pytest.mark.parametrize(("value", "expected"), CASES)
def test_it_stands_as_on_the_wire_with_its_sets_in_order(value: Any, expected: Any) -> None:
    found = canonical(value)
    assert found == expected
    assert msgspec.json.encode(found) == msgspec.json.encode(expected)


def test_what_has_no_form_on_the_wire_has_none_here() -> None:
    with pytest.raises(TypeError, match="object has no form on the wire"):
        canonical([{object()}])


TOLD_BY_A_PROCESS: Final = """
import enum
import sys
from pathlib import Path
from typing import Annotated, Protocol
import msgspec
from rpc_worker import Struct
from rpc_worker.codegen.plan import plan
from rpc_worker.contract import read_contract
from rpc_worker.openrpc import document

class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"

class Filter(Struct):
    colors: frozenset[Color] = frozenset(Color)

class API(Protocol):
    async def words(self, words: frozenset[str] = frozenset("abcdefgh")) -> None: ...
    async def mixed(self, words: frozenset[str | int] = frozenset({"a", "b", "c", 1})) -> None: ...
    async def members(self, colors: frozenset[Color] = frozenset(Color)) -> None: ...
    async def within(self, by: dict[str, Filter] = {"all": Filter()}) -> None: ...
    async def shown(
        self, words: Annotated[set[str], msgspec.Meta(examples=[{"a", "b", "c", "d"}])]
    ) -> None: ...

contract = read_contract(API, sources=True)
print(contract.digest)
print(msgspec.json.encode(document(contract, name="x", version="1")).decode())
for name, text in plan({"m:API": contract}, {}, "", folder=Path("rpc")).files.items():
    print(name, text)
"""


@pytest.mark.process
def test_a_contract_is_told_alike_in_each_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", TOLD_BY_A_PROCESS],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
            check=True,
            stdout=subprocess.PIPE,
            timeout=30,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
    assert b"blue" in told.pop()
