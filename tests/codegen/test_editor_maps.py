"""What each name of the golden cases leads to, read from their maps as an editor reads them."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.codegen.golden import CASES, NAMES, plan_of_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

DECLARED: Final = re.compile(
    r"(?:export (?:declare )?(?:class|const|interface|type) |  (?:static )?(?:readonly )?)"
    r"(?P<name>\"(?:[^\"\\]|\\.)*\"|[\w$]+)(?![\w$]).*[^,]"
)
"""A declaration or a member; a comma ends what is imported, and the items of a tuple."""

RENAMED: Final = {
    "onProgress": {"progress", "report"},
    "$ref": {"dollar"},
    '"1st"': {"digit"},
    r'"two words\u{2028}"': {"quoted"},
    '"🎉"': {"emoji"},
    "class": {"size"},
}
"""Members that are called otherwise in Python."""

WITHOUT_A_PLACE: Final = {
    ("names", '"x-token"'),
    ("names", "constructor"),
    ("typed_dicts", '"x-token"'),
    ("typed_dicts", "class"),
}
"""Keys of a TypedDict that a call has made."""

OF_A_CLASS: Final = re.compile(
    r"  (static )?readonly (code|data): .*|  constructor\(.*|  \S+: (\d+|\".*\");"
)
"""Members for which Python has no line: those of an error, and tags."""


class Place(NamedTuple):
    source: int
    line: int
    column: int


class Name(NamedTuple):
    """A name that is declared, and the line of Python to which it leads, in three pieces."""

    declared: str
    line: str
    before: str = ""
    there: str = ""
    after: str = ""


def places(mappings: str) -> dict[tuple[int, int], Place | None]:
    """Return what each line and column leads to, as the source map specification says."""
    found: dict[tuple[int, int], Place | None] = {}
    place = Place(0, 0, 0)
    for line, segments in enumerate(mappings.split(";")):
        column = 0
        for segment in filter(None, segments.split(",")):
            step, *there = numbers(segment)
            column += step
            assert (line, column) >= max(found, default=(0, 0)), "not in order"
            assert (line, column) not in found, "twice"
            if there:
                place = Place(*(a + b for a, b in zip(place, there, strict=True)))
            found[line, column] = place if there else None
    return found


def numbers(text: str) -> Iterator[int]:
    value = shift = 0
    for digit in map(DIGITS.index, text):
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0


def names(case: str) -> Iterator[Name]:
    """Return the names that the types files of a case declare."""
    files = plan_of_case(case).files
    for path, text in files.items():
        if path.endswith(".d.ts"):
            yield from names_in(text, json.loads(files[f"{path}.map"]), CASES / case / "expected")


def names_in(text: str, content: dict[str, Any], folder: Path) -> Iterator[Name]:
    sources = [(folder / n).read_text(encoding="utf-8").split("\n") for n in content["sources"]]
    known = places(content["mappings"])
    for number, line in enumerate(text.split("\n")):
        declared = DECLARED.fullmatch(line)
        if declared is not None:
            begin, end = (
                known.get((number, len(line[:index].encode("utf-16-le")) // 2))
                for index in declared.span("name")
            )
            if begin is None or end is None:
                yield Name(declared["name"], line)
            else:
                assert begin[:2] == end[:2], line
                there = sources[begin.source][begin.line].encode("utf-16-le")
                first, last = 2 * begin.column, 2 * end.column
                pieces = (there[:first], there[first:last], there[last:])
                yield Name(declared["name"], line, *(p.decode("utf-16-le") for p in pieces))


def leads_to_its_own(name: Name) -> bool:
    whole = name.there.isidentifier() and not re.search(r"\w$", name.before)
    if not whole or re.match(r"\w", name.after):
        return False
    if name.before.endswith("class ") and OF_A_CLASS.fullmatch(name.line):
        return True
    here, there = plain(name.declared), plain(name.there)
    if name.line.startswith("export "):
        # A namespace is called like its attribute.
        return here in there or there in here or there.endswith("api")
    return here == there or name.there in RENAMED.get(name.declared, ())


def plain(name: str) -> str:
    return re.sub(r'["_-]', "", unicodedata.normalize("NFKC", name)).lower()


@pytest.mark.parametrize("case", NAMES)
def test_a_declared_name_leads_to_its_own(case: str) -> None:
    others = [name for name in names(case) if not leads_to_its_own(name)]
    assert [name for name in others if (case, name.declared) not in WITHOUT_A_PLACE] == []
