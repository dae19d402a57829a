"""Declaration maps: what they look like, how positions are encoded, and which files they name.

Where each name of the golden cases leads, `test_editor_maps` sees.
"""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rpc_worker.codegen.maps import MARK, declaration_map
from rpc_worker.schema import Source

FOLDER = Path("/project/src/rpc")


def source(line: int, column: int, file: str = "/project/api.py", name: str = "a") -> Source:
    return Source("api", line, file, column, name)


def map_of(text: str, places: dict[tuple[str, str], Source]) -> dict[str, Any] | None:
    found = declaration_map("x.types.d.ts", text, places, FOLDER)
    if found is None:
        return None
    assert found.startswith(MARK)
    assert found.endswith("}\n")
    content: dict[str, Any] = json.loads(found)
    return content


def test_what_has_no_place_has_no_map() -> None:
    assert map_of("export interface A {\n  a: string;\n}\n", {}) is None


def test_what_a_map_looks_like() -> None:
    text = "\nexport interface A {\n  a: string;\n}\n"
    found = map_of(text, {("A", ""): source(3, 6, name="A"), ("A", "a"): source(5, 4)})
    assert found == {
        "x_rpc_worker": "generated",
        "version": 3,
        "file": "x.types.d.ts",
        "sources": ["../../api.py"],
        "names": [],
        # From column 17 of line 1 to line 2, column 6; its end; what follows leads nowhere. Then
        # column 2, two lines on, two columns back.
        "mappings": "A;iBAEM,CAAC,C;EAEH,CAAC,C;;",
    }


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        # As the specification has them: five bits a digit, the lowest first, the sign in front.
        (0, "A"),
        (1, "C"),
        (15, "e"),
        (16, "gB"),
        (511, "+f"),
        (512, "ggB"),
        (2**20, "ggggC"),
    ],
)
def test_how_a_number_is_written(number: int, digits: str) -> None:
    found = map_of("export type A = 1;\n", {("A", ""): source(number + 1, 0)})
    assert found is not None
    _, name, *_ = found["mappings"].split(",")
    assert name == f"YA{digits}A"


def test_a_number_may_be_less_than_the_one_before() -> None:
    text = "export type A = 1;\nexport type B = 1;\n"
    found = map_of(text, {("A", ""): source(40, 30), ("B", ""): source(20, 10)})
    assert found is not None
    # 20 lines back, 41 with its sign, and 21 columns back from where the one before ended: 43.
    assert found["mappings"] == "A,YAuC8B,CAAC,C;YApBrB,CAAC,C;"


def test_columns_are_units_of_utf_16() -> None:
    text = 'export interface 𐐀𐐁 {\n  "🎉": string;\n}\n'
    places = {("𐐀𐐁", ""): source(1, 0, name="𐐀𐐁"), ("𐐀𐐁", '"🎉"'): source(2, 0, name="emoji")}
    found = map_of(text, places)
    assert found is not None
    # Two characters of two units each; a quoted one of four units, whose name in Python has five.
    assert found["mappings"] == "A,iBAAA,IAAI,C;EACJ,IAAK,C;;"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/project/api.py", "../../api.py"),
        ("/project/src/rpc/api.py", "api.py"),
        ("/project/src/shop/api.py", "../shop/api.py"),
        ("/elsewhere/with blank/größe.py", "../../../elsewhere/with blank/größe.py"),
    ],
)
def test_a_source_is_named_from_the_folder(file: str, expected: str) -> None:
    found = map_of("export type A = 1;\n", {("A", ""): source(1, 0, file)})
    assert found is not None
    assert found["sources"] == [expected]


@pytest.mark.parametrize("name", ["stdlib", "purelib", "platlib"])
def test_what_is_installed_is_elsewhere_on_each_machine(name: str) -> None:
    installed = str(Path(sysconfig.get_path(name)) / "package" / "api.py")
    assert map_of("export type A = 1;\n", {("A", ""): source(1, 0, installed)}) is None
    text = "export type A = 1;\nexport type B = 1;\n"
    found = map_of(text, {("A", ""): source(1, 0, installed), ("B", ""): source(1, 0)})
    assert found is not None
    assert found["sources"] == ["../../api.py"]


def test_each_source_is_named_once() -> None:
    text = "export type A = 1;\nexport type B = 1;\nexport type C = 1;\n"
    files = {"A": "/project/a.py", "B": "/project/b.py", "C": "/project/a.py"}
    found = map_of(text, {(name, ""): source(1, 0, file) for name, file in files.items()})
    assert found is not None
    assert found["sources"] == ["../../a.py", "../../b.py"]


def test_a_name_stands_for_its_declaration_or_member_only() -> None:
    """What is called alike elsewhere leads elsewhere, and a comment or a parameter nowhere."""
    text = (
        "/** A */\nexport interface A {\n  /** b */\n  b(\n    c: A,\n  ): A;\n}\n"
        "export interface B {\n  b: A;\n}\n"
    )
    places = {("A", "b"): source(7, 4), ("A", "c"): source(8, 4), ("B", ""): source(9, 6)}
    found = map_of(text, places)
    assert found is not None
    lines = [line.split(",") for line in found["mappings"].split(";")]
    leading = [number for number, parts in enumerate(lines) if any(len(p) > 1 for p in parts)]
    assert leading == [3, 7]


def test_a_map_is_json_that_every_reader_takes() -> None:
    found = declaration_map(
        "x.types.d.ts",
        "export type A = 1;\n",
        {("A", ""): source(1, 0, '/project/"\\ü.py')},
        FOLDER,
    )
    assert found is not None
    assert msgspec.json.decode(found) == json.loads(found)
    assert found.count("\n") == 1
