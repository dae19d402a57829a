"""Python 3.12's `type` statements and type parameters become what their backports become."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from rpc_worker.codegen.survey import survey
from tests.codegen.golden import CASES, ends_of, load, plan_of, plan_of_case

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = sys.version_info >= (3, 12)

REWRITTEN = [
    (r'^(\w+) = TypeAliasType\("\1", (.+)\)$', r"type \1 = \2"),
    (r"^class (\w+)\((.+), Generic\[(.+)\]\):$", r"class \1[\3](\2):"),
    (r"^class (\w+)\(Generic\[(.+)\]\):$", r"class \1[\2]:"),
    (r"^\w+ = TypeVar\(.+\)\n", ""),
]


def rewritten(case: str) -> str:
    text = (CASES / case / f"{case}.py").read_text(encoding="utf-8")
    for pattern, replacement in REWRITTEN:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    assert "TypeAliasType(" not in text
    assert "Generic[" not in text
    return text


@pytest.mark.parametrize("case", ["aliases", "generics", "type_variables"])
def test_the_newer_syntax_becomes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    text = rewritten(case)
    if not KNOWN:
        # All that can be seen here is that it is the newer syntax.
        with pytest.raises(SyntaxError):
            compile(text, case, "exec")
        return
    expected = {n: t for n, t in plan_of_case(case).files.items() if not n.endswith(".map")}
    path = tmp_path / f"{case}.py"
    path.write_text(text, encoding="utf-8")
    monkeypatch.delitem(sys.modules, case)
    module = load(case, path)
    files = plan_of(module, tmp_path).files
    assert {n: t for n, t in files.items() if not n.endswith(".map")} == expected
    contracts, _ = ends_of(module)
    lines = text.splitlines()
    for contract in contracts.values():
        for node in survey(contract).aliases.values():
            assert node.alias is not None
            source = node.alias.source
            assert lines[source.line - 1][source.column :].startswith(node.alias.name)


FIELDS = """
from typing import Literal, Protocol
from rpc_worker import Struct

type Color = Literal["red", "green"]
type Pair[T] = tuple[T, T]

class Shape(Struct):
    color: Color | None = None
    size: Pair[float] = (1.0, 1.0)

class FieldsAPI(Protocol):
    async def draw(self, shape: Shape) -> None: ...
"""

EXPECTED = """
export type Color = "red" | "green";

export interface Shape {
  /** @defaultValue `null` */
  color?: Color | null;
  /** @defaultValue `[1.0,1.0]` */
  size?: [number, number];
}
"""


def test_a_field_may_have_such_an_alias(tmp_path: Path) -> None:
    """msgspec knows the aliases of Python 3.12, and not their backports."""
    if not KNOWN:
        with pytest.raises(SyntaxError):
            compile(FIELDS, "fields", "exec")
        return
    path = tmp_path / "fields.py"
    path.write_text(FIELDS, encoding="utf-8")
    files = plan_of(load("fields", path), tmp_path).files
    assert EXPECTED in files["fields.types.d.ts"]
