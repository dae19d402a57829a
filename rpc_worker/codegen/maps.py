"""Declaration maps: by them an editor goes from a name in TypeScript to its line in Python.

What is declared is found by what the text of a types file looks like: each declaration begins a
line, and so does each member, behind two blanks. The format is that of the source map
specification, revision 3.

An editor looks up where a declaration begins and ends, too, and takes what is mapped next for what
is not. So the whole of each is mapped, and between them stands what leads nowhere.
"""

from __future__ import annotations

import os
import re
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.reading.sources import units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpc_worker.codegen.places import Places
    from rpc_worker.schema import Source

MARK: Final = '{"x_rpc_worker":"generated",'
"""What a map begins with: JSON has no comments, and the specification lets names with x_ be."""

_DECLARATION: Final = re.compile(r"export (?:declare )?(?:class|const|interface|type) ([^\s<:=;]+)")
_MEMBER: Final = re.compile(r'  (?:static )?(?:readonly )?("(?:[^"\\]|\\.)*"|[^\s(?:"]+)')
_OUTSIDE: Final = ("export ", "/**", "}")
"""What begins a line that belongs to no member."""
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
    writer = _MapWriter(text.split("\n"), folder)
    writer.read(places)
    if not writer.sources:
        return None
    content = {"version": 3, "file": name, "sources": [*writer.sources], "names": list[str]()}
    encoded = msgspec.json.encode({**content, "mappings": _mappings(writer.segments)}).decode()
    return f"{MARK}{encoded[1:]}\n"


class _MapWriter:
    """Goes through the lines of a types file.

    Attributes:
        sources: The numbers of the contract's files, by their paths.
        segments: For each line, what begins where: a column, and where that leads, if anywhere.
    """

    def __init__(self, lines: list[str], folder: Path) -> None:
        self.sources: dict[str, int] = {}
        self.segments: list[list[tuple[int, ...]]] = [[] for _ in lines]
        self._lines = lines
        self._folder = folder
        self._paths: dict[str, str | None] = {}
        self._declared: Source | None = None
        self._member: Source | None = None

    def read(self, places: Places) -> None:
        """Map whatever has a place."""
        declaration = ""
        self._nowhere(0, 0)
        for index, line in enumerate(self._lines):
            outer = _DECLARATION.match(line)
            inner = None if outer else _MEMBER.match(line)
            found = places.get((declaration, inner[1])) if inner else None
            if found or line.startswith((*_OUTSIDE, "  /**")):
                self._end(index, self._member)
                self._member = None
            if outer or line.startswith("/**"):
                self._end(index, self._declared)
                self._declared = None
            if outer:
                declaration = outer[1]
                self._declared = places.get((declaration, ""))
                self._begin(index, 0, self._declared)
                self._name(index, outer, self._declared)
            elif inner and found:
                self._member = found
                self._begin(index, len("  "), found)
                self._name(index, inner, found)
        self._end(len(self._lines) - 1, self._declared)

    def _begin(self, index: int, column: int, source: Source | None) -> None:
        if source is not None and source.span is not None:
            self._to(index, column, source, source.span.line, source.span.column)

    def _name(self, index: int, match: re.Match[str], source: Source | None) -> None:
        if source is None:
            return
        line = self._lines[index]
        begin, end = units(line[: match.start(1)]), units(line[: match.end(1)])
        self._to(index, begin, source, source.line, source.column)
        self._to(index, end, source, source.line, source.column + units(source.name))
        self._nowhere(index, end + 1)

    def _end(self, index: int, source: Source | None) -> None:
        """Map the end of what was last before a line."""
        last = index - 1
        while not self._lines[last]:
            last -= 1
        if source is not None and source.span is not None:
            column = units(self._lines[last])
            self._to(last, column, source, source.span.end_line, source.span.end_column)
            self._nowhere(last + 1, 0)

    def _to(self, index: int, column: int, source: Source, line: int, start: int) -> None:
        path = self._path(source.file)
        if path is None:
            return
        number = self.sources.setdefault(path, len(self.sources))
        segment = (column, number, line - 1, start)
        segments = self.segments[index]
        if segments and segments[-1][0] >= column:
            segments[-1] = segment  # A name with which its declaration begins counts for more.
        else:
            segments.append(segment)

    def _path(self, file: str) -> str | None:
        if file not in self._paths:
            self._paths[file] = _path(file, self._folder)
        return self._paths[file]

    def _nowhere(self, index: int, column: int) -> None:
        segments = self.segments[index]
        if not segments or segments[-1][0] < column:
            segments.append((column,))


def _path(file: str, folder: Path) -> str | None:
    """Return the way from a folder to a source; None where it is another one on each machine."""
    source = Path(file).resolve()
    if any(source.is_relative_to(place) for place in _INSTALLED):
        return None
    try:
        # By the names themselves, wherever links lead: so do editors.
        return Path(os.path.relpath(Path(file).absolute(), folder.absolute())).as_posix()
    except ValueError:  # Windows has no relative path from one drive to another.
        return None


def _mappings(lines: Iterable[Iterable[tuple[int, ...]]]) -> str:
    """Return positions as the specification encodes them: each number less the one before."""
    before = [0, 0, 0, 0]
    encoded: list[str] = []
    for segments in lines:
        before[0] = 0
        parts: list[str] = []
        for segment in segments:
            parts.append("".join(_vlq(n - b) for n, b in zip(segment, before, strict=False)))
            before[: len(segment)] = segment
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
