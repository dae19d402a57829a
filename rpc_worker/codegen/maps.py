"""Declaration maps: by them an editor goes from a name in TypeScript to its line in Python.

A map is found by what the text of a types file looks like: each declaration begins a line, and so
does each member, behind two blanks. The format is that of the source map specification, revision 3.
"""

from __future__ import annotations

import os
import re
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rpc_worker.codegen.places import Places
    from rpc_worker.schema import Source

MARK: Final = '{"x_rpc_worker":"generated",'
"""What a map begins with: JSON has no comments, and the specification lets names with x_ be."""

_DECLARATION: Final = re.compile(r"export (?:declare )?(?:class|const|interface|type) ([^\s<:=;]+)")
_MEMBER: Final = re.compile(r'  (?:readonly )?("(?:[^"\\]|\\.)*"|[^\s(?:"]+)')
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_INSTALLED: Final = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")
)


def declaration_map(name: str, text: str, places: Places, folder: Path) -> str | None:
    """Return the map of a types file; None if nothing in it has a place to go to.

    Args:
        name: The file's.
        text: The file's.
        places: Where its declarations come from.
        folder: Where the file will be: sources are named from there.
    """
    sources: dict[str, int] = {}
    lines: list[list[tuple[int, ...]]] = []
    for found in _found(text, places):
        segments: list[tuple[int, ...]] = []
        lines.append(segments)
        if found is None:
            continue
        column, length, place = found
        path = _path(place.file, folder)
        if path is not None:
            index = sources.setdefault(path, len(sources))
            line, start = place.line - 1, place.column
            segments.append((column, index, line, start))
            segments.append((column + length, index, line, start + _units(place.name)))
    if not sources:
        return None
    content = {"version": 3, "file": name, "sources": [*sources], "names": list[str]()}
    encoded = msgspec.json.encode({**content, "mappings": _mappings(lines)}).decode()
    return f"{MARK}{encoded[1:]}\n"


def _found(text: str, places: Places) -> Iterator[tuple[int, int, Source] | None]:
    """Return for each line where a name stands in it, how long it is, and where it comes from."""
    declaration = ""
    for line in text.split("\n"):
        outer = _DECLARATION.match(line)
        if outer:
            declaration = outer[1]
        inner = None if outer else _MEMBER.match(line)
        match = outer or inner
        place = places.get((declaration, inner[1] if inner else "")) if match else None
        if match is None or place is None:
            yield None
        else:
            yield _units(line[: match.start(1)]), _units(match[1]), place


def _path(file: str, folder: Path) -> str | None:
    """Return the way from a folder to a source; None where it is another one on each machine."""
    source = Path(file).resolve()
    if any(source.is_relative_to(place) for place in _INSTALLED):
        return None
    try:
        return Path(os.path.relpath(source, folder.resolve())).as_posix()
    except ValueError:  # Windows has no relative path from one drive to another.
        return None


def _units(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text.encode("utf-16-le")) // 2


def _mappings(lines: Iterable[Iterable[tuple[int, ...]]]) -> str:
    """Return positions as the specification encodes them: each number less the one before."""
    before = [0, 0, 0, 0]
    encoded: list[str] = []
    for segments in lines:
        before[0] = 0
        parts: list[str] = []
        for segment in segments:
            parts.append("".join(_vlq(n - b) for n, b in zip(segment, before, strict=True)))
            before[:] = segment
        encoded.append(",".join(parts))
    return ";".join(encoded)


def _vlq(value: int) -> str:
    """Return a number in base 64, five bits a digit, the lowest first, with its sign in front."""
    rest = -value << 1 | 1 if value < 0 else value << 1
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits
