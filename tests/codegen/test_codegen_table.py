"""The page of the types tells what is generated, and what stands on the wire, for every row."""

from __future__ import annotations

import collections.abc as c
import decimal
import re
import typing
import uuid
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import pytest

import rpc_worker
from rpc_worker import Event, Progress
from rpc_worker.codegen.plan import Frontend, plan
from rpc_worker.contract import read_contract
from rpc_worker.markers import dec_hook, enc_hook
from tests.codegen.golden import load
from tests.pages import blocks, read

PAGE = "docs/types.md"


class Row(NamedTuple):
    """A row of a table, without the marks of code."""

    python: str
    sent: str
    received: str
    wire: str = ""


def rows(heading: str) -> list[Row]:
    section = read(PAGE).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    plain = [[cell.strip().strip("`").replace(r"\|", "|") for cell in row] for row in cells]
    return [Row(python, sent, received or sent, *wire) for python, sent, received, *wire in plain]


VALUES = [
    row for heading in ("Values", "Containers", "Choices", "Records") for row in rows(heading)
]
REFERENCES = rows("What is no value")


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names of the page's own module, and those that its tables name besides."""
    (block,) = [block for block in blocks(read(PAGE)) if block.language == "python"]
    path = tmp_path_factory.mktemp("types") / "types_page.py"
    path.write_text(block.text, encoding="utf-8")
    module = load("types_page", path)
    others = {**vars(typing), **vars(c), **vars(rpc_worker)}
    modules = {"decimal": decimal, "uuid": uuid, "msgspec": msgspec}
    return {**others, **module.__dict__, **modules}


class GoingAPI(Protocol):
    async def method(self, value: Any) -> Any: ...


def generated(*, given: Any, result: Any = None, page: bool = False) -> str:
    """Return the types file of a contract with one method, each run of blanks as one."""
    GoingAPI.method.__annotations__ |= {"value": given, "return": result}
    contract = read_contract(GoingAPI, frontend=page, sources=True)
    contracts, frontend = {"a:GoingAPI": contract}, None
    if page:
        contracts, frontend = {"a:WorkerAPI": read_contract(WorkerAPI)}, Frontend("b", contract)
    files = plan(contracts, {}, "command", frontend, folder=Path()).files
    return re.sub(r"\s+", " ", files["going.types.d.ts"])


class WorkerAPI(Protocol):
    async def start(self) -> None: ...


def parameter(text: str) -> str:
    found = re.search(r"method\( ?value: (.+?), (?:options\?|call): ", text)
    assert found is not None, text
    return re.sub(r"^\((.+)\)$|^\| ", r"\1", found[1])


@pytest.mark.parametrize("row", VALUES, ids=lambda row: row.python)
def test_a_value_is_generated_as_the_page_says(scope: dict[str, Any], row: Row) -> None:
    annotation = eval(row.python, scope)
    text = generated(given=annotation, result=annotation)
    result = re.search(r"\): Call<(.+?)>; }", text)
    assert result is not None
    # A method whose result is None returns nothing.
    assert parameter(text) == row.sent
    assert result[1].strip() == ("void" if row.python == "None" else row.received)


@pytest.mark.parametrize("row", VALUES, ids=lambda row: row.python)
def test_a_value_is_on_the_wire_as_the_page_says(scope: dict[str, Any], row: Row) -> None:
    annotation = eval(row.python, scope)
    value = msgspec.json.decode(row.wire, type=annotation, dec_hook=dec_hook)
    assert msgspec.json.encode(value, enc_hook=enc_hook).decode() == row.wire


@pytest.mark.parametrize("row", REFERENCES, ids=lambda row: row.python)
def test_what_is_no_value_is_generated_as_the_page_says(scope: dict[str, Any], row: Row) -> None:
    annotation = eval(row.python, scope)
    origin = typing.get_origin(annotation)
    if origin is Event:
        assert f"readonly event: {row.received};" in generated_event(annotation)
        return
    # Its result makes two types of one that looks different each way.
    backend = generated(given=annotation, result=scope["Photo"])
    page = generated(given=annotation, result=scope["Photo"], page=True)
    if origin is Progress:
        assert f"onProgress?: ({row.sent}) | undefined;" in backend
        assert f"onProgress: {row.received}" in page
    else:
        assert (parameter(backend), parameter(page)) == (row.sent, row.received)


def generated_event(annotation: Any) -> str:
    class EventAPI(Protocol):
        event: Event[int]

    EventAPI.__annotations__["event"] = annotation
    contract = read_contract(EventAPI, sources=True)
    return plan({"a:EventAPI": contract}, {}, "command", folder=Path()).files["event.types.d.ts"]


def test_the_interfaces_that_the_page_shows_are_generated(scope: dict[str, Any]) -> None:
    (shown,) = [b.text for b in blocks(read(PAGE)) if b.language == "text" and not b.title]
    text = generated(given=scope["Clip"], result=scope["Clip"])
    assert re.sub(r"\s+", " ", shown).strip() in text
