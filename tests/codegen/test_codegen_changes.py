"""A change of the contract changes few lines: whoever reads the difference sees what it is."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import pytest

from tests.codegen.golden import CASES, load, module_of, plan_of

if TYPE_CHECKING:
    from pathlib import Path

CASE = "photo_library"


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, CASE, module_of(CASE))
    # Of two texts of one length that are written in one second, the second's would be the first's.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def files_of(folder: Path, text: str) -> dict[str, list[str]]:
    """Return the lines of what a contract becomes."""
    path = folder / f"{CASE}.py"
    path.write_text(text, encoding="utf-8")
    sys.modules.pop(CASE, None)
    files = plan_of(load(CASE, path), folder).files
    return {name: t.splitlines() for name, t in files.items() if not name.endswith(".map")}


def lines_changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Return the lines that came and went, but for the digest of the contract."""
    assert before.keys() == after.keys()
    return [
        line
        for name, lines in before.items()
        for line in difflib.unified_diff(lines, after[name], n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@")) and '  contract: "' not in line
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "    async def by_day(",
            "    async def rotate(self, photo: PhotoId, degrees: float) -> Photo: ...\n"
            "    async def by_day(",
            [
                "+    rotate: {",
                '+      method: "rotate",',
                '+      params: ["photo", "degrees"],',
                "+      returns: value(photoCodec),",
                "+    },",
                "+  /** @param photo - A UUID. */",
                "+  rotate(photo: PhotoId, degrees: number, options?: CallOptions): Call<Photo>;",
                "+",
            ],
            id="a method",
        ),
        pytest.param(
            "*, size: int = 256",
            "*, size: int = 512",
            ["-  /** @defaultValue `256` */", "+  /** @defaultValue `512` */"],
            id="a default",
        ),
        pytest.param(
            "*, size: int = 256",
            "*, size: int = 256, square: bool = False",
            [
                '-      options: ["size"],',
                '+      options: ["size", "square"],',
                "+  /** @defaultValue `false` */",
                "+  square?: boolean | undefined;",
            ],
            id="an option",
        ),
        pytest.param(
            "year: int)",
            "since: dt.datetime)",
            [
                '-    byDay: { method: "byDay", params: ["year"] },',
                "+    byDay: {",
                '+      method: "byDay",',
                '+      params: ["since"],',
                "+      takes: { since: value(date) },",
                "+    },",
                "-  byDay(year: number, options?: CallOptions): Call<Record<string, number>>;",
                "+  byDay(since: Date, options?: CallOptions): Call<Record<string, number>>;",
            ],
            id="a parameter",
        ),
        pytest.param(
            "    reason: str\n",
            "    reason: str\n    offset: int\n",
            ["+  offset: number;"],
            id="a field of an error",
        ),
        pytest.param(
            "    rating: Rating = Rating.NONE\n    keywords",
            "    rating: Rating = Rating.NONE\n    camera: str | None = None\n    keywords",
            ["+  camera: string | null;"],
            id="a field",
        ),
        pytest.param(
            '"""Change what is known of photos."""',
            '"""Change what is known of some photos."""',
            [
                "-   * Change what is known of photos.",
                "+   * Change what is known of some photos.",
            ],
            id="a docstring",
        ),
    ],
)
def test_a_change_of_the_contract_changes_its_own_lines(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    text = (CASES / CASE / f"{CASE}.py").read_text(encoding="utf-8")
    assert text.count(old) == 1
    before, after = files_of(tmp_path, text), files_of(tmp_path, text.replace(old, new))
    assert sorted(lines_changed(before, after)) == sorted(expected)


def test_another_name_of_a_type_changes_the_lines_that_name_it(tmp_path: Path) -> None:
    """What is declared is in the order of the names, so one that is alike stays where it is."""
    text = (CASES / CASE / f"{CASE}.py").read_text(encoding="utf-8")
    before = files_of(tmp_path, text)
    after = files_of(tmp_path, text.replace("Place", "Position"))
    changed = lines_changed(before, after)
    added = [line for line in changed if line.startswith("+")]
    assert len(added) == len(changed) / 2
    assert all("Position" in line for line in added if line.startswith(("+export ", "+  place")))
    assert len(changed) <= 30


def test_what_is_moved_in_the_source_changes_nothing(tmp_path: Path) -> None:
    """Lines between, and comments, are nobody's affair but the maps'."""
    text = (CASES / CASE / f"{CASE}.py").read_text(encoding="utf-8")
    moved = text.replace("\nclass ", "\n# A remark.\n\n\nclass ")
    assert lines_changed(files_of(tmp_path, text), files_of(tmp_path, moved)) == []


def test_types_may_stand_in_any_order(tmp_path: Path) -> None:
    text = (CASES / CASE / f"{CASE}.py").read_text(encoding="utf-8")
    head, *classes = text.split("\n\n\nclass ")
    *types, last = classes
    others = [c for c in types if c.startswith(("Change(", "Import(", "Search("))]
    rest = [c for c in types if c not in others]
    moved = "\n\n\nclass ".join([head, *rest, *reversed(others), last])
    assert moved != text
    assert lines_changed(files_of(tmp_path, text), files_of(tmp_path, moved)) == []
