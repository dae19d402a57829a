r"""Bytes to lines: chunks of any shape in, whole lines out (protocol, section 1).

A line ends at `\n` and nowhere else: U+2028, U+2029 and a lone `\r` are data. The work is linear
in the length of a line however it is cut, and a line past the limit is thrown away in bounded
memory, after which the stream goes on with the next one.

Nothing here reads or writes anything, and nothing here knows JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEAD", "Line", "LineBuffer", "Oversized"]

HEAD: Final = 256
"""Bytes that are kept of a line past the limit: enough to read the id of a request, which every
writer that follows the protocol puts among the first members."""

_BOM: Final = b"\xef\xbb\xbf"

Line: TypeAlias = bytes | bytearray
"""One line without its end. A line that came in pieces is a bytearray: one copy less of it."""


class Oversized(msgspec.Struct, frozen=True):
    """A line past the limit.

    Attributes:
        head: Its first 256 bytes.
        length: How many bytes it had, without its end.
    """

    head: bytes
    length: int

    def __len__(self) -> int:
        return self.length


class LineBuffer:
    """Collects chunks and gives out lines.

    Args:
        limit: Bytes that a line may have, without its end.
    """

    __slots__ = ("_at_start", "_head", "_limit", "_partial", "_skipped")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._head = min(HEAD, limit)
        self._at_start = True
        self._partial = bytearray()
        # Bytes thrown away of a line past the limit; its head stays in _partial.
        self._skipped = 0

    def feed(self, chunk: bytes) -> Sequence[Line | Oversized]:
        """Take one chunk; return the lines that it completes, blank ones left out."""
        lines: list[Any] = chunk.split(b"\n")
        rest = lines.pop()
        usual = True
        if len(chunk) > self._limit or b"\r" in chunk or self._at_start:
            lines = [self._complete(line) for line in lines]
            usual = False
        elif self._partial and lines:
            lines[0] = first = self._complete(lines[0])
            usual = first.__class__ is not Oversized
        if rest:
            self._hold(rest)
        # No JSON text begins below this, but blank lines do: one comparison a line, and no loop.
        if usual and (not lines or (min(lines) if len(lines) > 1 else lines[-1]) > b" \xff"):
            return lines
        return [line for line in lines if isinstance(line, Oversized) or line.strip()]

    def end(self) -> Sequence[Line | Oversized]:
        """Return the last line if nothing ended it: a shell's `printf` often does not."""
        return self.feed(b"\n") if self._partial else []

    def _complete(self, line: Line) -> Line | Oversized:
        """Join what was held with the end of its line, and hold the whole to the limit."""
        skipped = 0
        if self._partial:
            self._hold(line)
            line, skipped = self._partial, self._skipped
            self._partial, self._skipped = bytearray(), 0
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not skipped:
            line = line.removesuffix(b"\r")
            if len(line) <= self._limit:
                return line
        return Oversized(bytes(line[: self._head]), len(line) + skipped)

    def _hold(self, piece: Line) -> None:
        """Keep a piece of a line whose end has not come, or only count it past the limit."""
        if self._skipped:
            self._skipped += len(piece)
            return
        self._partial += piece
        # What does not count: a mark at the very start, and a `\r` that belongs to the end.
        if len(self._partial) > self._limit + len(_BOM) + 1:
            self._skipped = len(self._partial) - self._head
            del self._partial[self._head :]
