"""What a types file has at run time: the text of the JavaScript, and its declarations."""

# pyright: reportDeprecated=false
from __future__ import annotations

from enum import Enum, IntEnum
from typing import Protocol

import pytest
from typing_extensions import deprecated

from rpc_worker import RpcError, raises
from rpc_worker.codegen.imports import Imports
from rpc_worker.codegen.names import type_names
from rpc_worker.codegen.survey import survey
from rpc_worker.codegen.values import ErrorWriter, script
from rpc_worker.contract import read_contract

# ruff: noqa: N801, N815, N818, PLC2401 - the names are the point


class Busy(RpcError, code=1):
    pass


class NotFound(RpcError, code=2):
    """There is no such file.

    More about it.
    """

    path: str


class TwoLines(RpcError, code=3):
    """It begins here,
    and ends here."""


@deprecated("Nobody raises it.")
class Hostile(RpcError, code=-4):
    """`a` ${b} */ "c" \\ @internal"""


class declared(RpcError, code=5):
    pass


class Color(Enum):
    RED = "red"
    default = "__proto__"
    Größe = 'say "hi"\n'


class Level(IntEnum):
    LOW = -1
    HIGH = 1


class Members(Enum):
    toString = "a"
    constructor = "b"


def script_of(*errors: type[RpcError], enums: tuple[type[Enum], ...] = ()) -> str:
    class FilesAPI(Protocol):
        async def method(self) -> None: ...

    if errors:
        raises(*errors)(FilesAPI.method)
    FilesAPI.method.__annotations__["return"] = tuple.__class_getitem__(enums or (int,))
    contract = read_contract(FilesAPI, sources=True)
    found = survey(contract)
    return script(found, type_names(contract, found))


IMPORT = 'import { declared } from "./runtime/declared.js";\n\n'


def test_types_alone_have_no_javascript() -> None:
    assert script_of() == ""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Busy, ("Busy", '"Busy", 1, "{brand}.Busy", "Busy"')),
        (NotFound, ("NotFound", '"NotFound", 2, "{brand}.NotFound", "There is no such file."')),
        # As in Python, where the first line is the message.
        (TwoLines, ("TwoLines", '"TwoLines", 3, "{brand}.TwoLines", "It begins here,"')),
        (
            Hostile,
            (
                "Hostile",
                '"Hostile", -4, "{brand}.Hostile", \'`a` ${b} */ "c" \\\\ @internal\'',
            ),
        ),
    ],
)
def test_an_error_is_a_class_that_is_made(error: type[RpcError], expected: tuple[str, str]) -> None:
    name, given = expected
    arguments = given.replace("{brand}", __name__).replace(", ", ",\n  ", 3)
    made = f"export const {name} = /* @__PURE__ */ declared(\n  {arguments},\n);\n"
    assert script_of(error) == IMPORT + made


def test_what_makes_them_gives_way_to_one_of_its_name() -> None:
    text = script_of(declared)
    assert text.startswith('import { declared as declared2 } from "./runtime/declared.js";\n')
    assert "export const declared = /* @__PURE__ */ declared2(\n" in text


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (Level, "export const Level = { LOW: -1, HIGH: 1 };\n"),
        (Members, 'export const Members = { toString: "a", constructor: "b" };\n'),
    ],
)
def test_an_enumeration_is_its_members(cls: type[Enum], expected: str) -> None:
    """Nothing is imported where there are no errors."""
    assert script_of(enums=(cls,)) == expected


def test_all_of_them_are_sorted() -> None:
    text = script_of(NotFound, Busy, enums=(Level, Color))
    names = [line.split()[2] for line in text.splitlines() if line.startswith("export ")]
    assert names == ["Busy", "Color", "Level", "NotFound"]


def test_the_declaration_of_an_error() -> None:
    class FilesAPI(Protocol):
        @raises(Busy, Hostile)
        async def method(self) -> None: ...

    contract = read_contract(FilesAPI, sources=True)
    found = survey(contract)
    runtime = Imports({"RpcError"})
    writer = ErrorWriter(type_names(contract, found), "output", runtime)
    assert writer.declarations(found) == {
        "Busy": (
            "/** Code 1. */\n"
            "export declare class Busy extends RuntimeRpcError {\n"
            "  static readonly code: 1;\n"
            "  readonly code: 1;\n"
            "  readonly data: undefined;\n"
            "  constructor(data?: undefined, message?: string);\n"
            "}\n"
        ),
        "Hostile": (
            "/**\n"
            ' * `a` ${b} *\\/ "c" \\ \\@internal. Code -4.\n'
            " *\n"
            " * @deprecated Nobody raises it.\n"
            " */\n"
            "export declare class Hostile extends RuntimeRpcError {\n"
            "  static readonly code: -4;\n"
            "  readonly code: -4;\n"
            "  readonly data: undefined;\n"
            "  constructor(data?: undefined, message?: string);\n"
            "}\n"
        ),
    }
