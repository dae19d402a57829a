"""Two contracts compared: what has changed, whom it breaks, and the words for both."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import json
import sys
import types
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from rpc_worker.breaking import changes, read
from rpc_worker.breaking.findings import Place
from rpc_worker.breaking.types import TypeComparison
from rpc_worker.contract import read_contract
from rpc_worker.markers import enc_hook
from rpc_worker.openrpc import document
from rpc_worker.values import decoder
from shared_api import BackendAPI, FrontendAPI
from tests.test_openrpc import VALUES, Circle, Point, Square
from tests.test_openrpc import described as described_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.breaking import Document
    from rpc_worker.breaking.findings import Finding, Flow

IMPORTS: Final = """
import dataclasses, datetime, decimal, enum, uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, Protocol
from typing import TypedDict, TypeVar
from msgspec import UNSET, Meta, UnsetType
from typing_extensions import deprecated
from rpc_worker import BigInt, Event, Progress, RpcError, Struct, raises
T = TypeVar("T")
"""


@pytest.fixture(autouse=True)
def _no_modules_stay() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.startswith("compared_")]:
        del sys.modules[name]


def described(types_: str, backend: str, frontend: str = "") -> Document:
    """Return the document of a contract that consists of these members."""
    module = types.ModuleType(f"compared_{len(sys.modules)}")
    sys.modules[module.__name__] = module
    source = f"{IMPORTS}\n{types_}\n"
    for name, members in (("API", backend), ("Frontend", frontend)):
        body = "\n".join(f"    {line}" for line in members.splitlines())
        source += f"class {name}(Protocol):\n{body}\n" if members else ""
    exec(compile(source, module.__name__, "exec", dont_inherit=True), module.__dict__)
    offered: Any = getattr(module, "Frontend", None)
    return read(
        msgspec.json.encode(
            document(
                read_contract(module.__dict__["API"]),
                name="x",
                version="1",
                frontend=None if offered is None else read_contract(offered, frontend=True),
            )
        )
    )


def told(old: Document, new: Document) -> list[str]:
    return [
        f"{'breaks' if change.breaks else 'fits'} {change.member}: {change.text}"
        for change in changes(old, new)
    ]


CASES: Final = Path(__file__).parent / "breaking"
"""Texts of changes: lines of the old contract after `-`, of the new one after `+`, of both after a
blank, and then what is said of them."""

OTHER: Final = "async def other(self, x: int) -> int: ..."
"""A class without members is no contract."""


def cases(name: str) -> list[tuple[str, str, list[str]]]:
    """Return what was, what is now, and what is said of it."""
    found: list[tuple[str, str, list[str]]] = []
    for block in (CASES / f"{name}.txt").read_text(encoding="utf-8").strip("\n").split("\n\n"):
        lines = block.splitlines()
        code = [line for line in lines if line[:2] in {"- ", "+ ", "  "}]
        old, new = ("\n".join(c[2:] for c in code if c[0] != other) for other in "+-")
        found.append((old, new, [line for line in lines if line not in code]))
    return found


@pytest.mark.parametrize(("old", "new", "expected"), cases("members"))
def test_a_change_of_what_the_worker_offers(old: str, new: str, expected: list[str]) -> None:
    assert told(described("", old), described("", new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), cases("types"))
def test_a_change_of_a_type_that_is_given_and_taken(
    old: str, new: str, expected: list[str]
) -> None:
    members = "async def take(self, item: Item) -> None: ...\nasync def give(self) -> Item: ..."
    assert told(described(old, members), described(new, members)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), cases("errors"))
def test_a_change_of_an_error(old: str, new: str, expected: list[str]) -> None:
    members = "@raises(Gone)\nasync def f(self) -> None: ..."
    assert told(described(old, members), described(new, members)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), cases("frontend"))
def test_a_change_of_what_a_page_offers(old: str, new: str, expected: list[str]) -> None:
    error = "class Denied(RpcError, code=5000): ..."
    assert told(described(error, OTHER, old), described(error, OTHER, new)) == expected


def test_an_error_that_is_not_declared_any_more_breaks_and_a_new_one_does_not() -> None:
    error = "class Gone(RpcError, code=4004): ..."
    method = "async def f(self) -> None: ..."
    without, declared = described(error, method), described(error, f"@raises(Gone)\n{method}")
    assert told(declared, without) == [
        "breaks f: the error Gone (4004) is gone: clients look for 4004 in vain"
    ]
    assert told(without, declared) == ["fits f: the error Gone (4004) is new"]


def test_a_change_of_several_uses_is_told_at_each() -> None:
    old, new = "class Item(Struct):\n    a: int", "class Item(Struct):\n    a: int | None"
    members = "changed: Event[Item]\nasync def two(self) -> tuple[int, Item]: ..."
    assert told(described(old, members), described(new, members)) == [
        "breaks changed: the field a of the payload can be null now: clients do not expect it",
        "breaks two: the field a of item 2 of the result can be null now: clients do not expect it",
    ]


def test_members_that_break_come_first_and_what_breaks_first_among_their_changes() -> None:
    old = "async def f(self) -> int: ...\nasync def z(self, a: int = 1) -> int: ..."
    new = "async def f(self) -> bool: ...\nasync def z(self, a: int = 2) -> str: ..."
    added, page = "\nasync def b(self) -> int: ...", "async def f(self) -> int: ..."
    assert told(described("", old, OTHER), described("", new + added, page)) == [
        "breaks f: the result is bool now, and was int: clients expect int",
        "breaks frontend f: the method is new: pages answer it with error -32601",
        "breaks z: the result is str now, and was int: clients expect int",
        "fits z: the default of the parameter a is 2 now, and was 1",
        "fits b: the method is new",
        "fits frontend other: the method is gone",
    ]


ANNOTATIONS: Final[list[tuple[Any, list[Any]]]] = [
    *((annotation, good) for annotation, good, _ in VALUES),
    (dt.date, ["2020-01-01"]),
    (dt.datetime, ["2020-01-01T00:00:00Z"]),
    (uuid.UUID, ["12345678-1234-5678-1234-567812345678"]),
    (decimal.Decimal, ["1.5"]),
    (Point | None, [{"xPos": 1}, None]),
    (list[Point], [[], [{"xPos": 1}]]),
    (Circle, [{"type": "circle", "radius": 1}]),
    (Square | Circle | None, [None, {"type": "square", "side": 1}]),
]
"""Types, and values that each of them takes."""


def test_what_is_said_to_fit_is_taken_by_a_decoder() -> None:
    read_types = [(_Read(annotation), good) for annotation, good in ANNOTATIONS]
    compared = 0
    for (old, old_values), (new, new_values) in itertools.product(read_types, read_types):
        if not any(finding.giving for finding in old.changes(new, "in")):
            for value in old_values:
                new.decode(json.dumps(value))
                compared += 1
        if not any(finding.taking for finding in old.changes(new, "out")):
            for value in new_values:
                written = msgspec.json.encode(new.decode(json.dumps(value)), enc_hook=enc_hook)
                old.decode(written)
                compared += 1
    assert compared > 400


class _Read:
    """A type, as it is described, and as it is decoded."""

    def __init__(self, annotation: Any) -> None:
        found, contract = described_with(annotation)
        self.types: dict[str, Any] = found["components"]["schemas"]
        self.schema: dict[str, Any] = found["methods"][0]["params"][0]["schema"]
        self.decode = decoder(contract.methods["take"].parameters[0].annotation).decode

    def changes(self, new: _Read, flow: Flow) -> list[Finding]:
        types = TypeComparison(self.types, new.types, flow)
        return [*types.compare(self.schema, new.schema, Place("the value"))]


def test_the_reference_contract_is_the_same_as_itself() -> None:
    frontend = read_contract(FrontendAPI, frontend=True)
    written = document(read_contract(BackendAPI), name="x", version="1", frontend=frontend)
    one, other = (read(msgspec.json.encode(written)) for _ in range(2))
    assert one.frontend.methods
    assert changes(one, other) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"openrpc": "1.3.2", "methods": 1}'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)
