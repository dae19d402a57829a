"""What the demo's `Files` needs of the file system; of a worker, only its errors are known here."""

import codecs
import io
import os
import re
import stat as modes
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from rpc_worker import RpcError
from shared_api import Kind, Match, NotADirectory, NotAFile, NotFound

LONGEST_LINE: Final = 200
"""Characters of a line that a match shows; sources minified into one line are common."""


@contextmanager
def errors_of(path: str) -> Generator[None, None, None]:
    """Tell the window what the operating system says of a path, in the contract's terms."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound(path) from None
    except NotADirectoryError:
        # Either the path itself, or one in front of it, is a file.
        raise (NotADirectory(path) if os.path.lexists(path) else NotFound(path)) from None
    except OSError as error:
        raise RpcError(f"{path}: {error.strerror}", data={"path": path}) from None
    except ValueError:
        # A NUL, or half of a surrogate pair: no file has such a name.
        raise NotFound(path) from None


def regular_file(path: str) -> Path:
    """Return the path of a file; opening a named pipe would wait for whoever writes to it."""
    file = Path(path)
    if not modes.S_ISREG(file.stat().st_mode):
        raise NotAFile(path)
    return file


def text_decoder(encoding: str) -> codecs.IncrementalDecoder:
    """Return a decoder; some of Python's codecs are no encodings of text."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)
        return codecs.getincrementaldecoder(encoding)()
    except LookupError:
        message = f"There is no text encoding {encoding!r}; write one such as 'utf-8' or 'latin-1'"
        raise RpcError(message, data={"encoding": encoding}) from None


def kind_of(status: os.stat_result) -> Kind:
    if modes.S_ISREG(status.st_mode):
        return Kind.FILE
    if modes.S_ISDIR(status.st_mode):
        return Kind.DIRECTORY
    return Kind.SYMLINK if modes.S_ISLNK(status.st_mode) else Kind.OTHER


def count_entries(directory: Path) -> int | None:
    try:
        return sum(1 for _ in directory.iterdir())
    except OSError:
        return None


def sources(root: Path, glob: str) -> Iterator[Path]:
    """Yield the files to look into, in the order of their paths."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        named = (Path(folder, name) for name in sorted(names) if fnmatch(name, glob))
        yield from (path for path in named if path.is_file())


def matches(path: Path, shown: str, pattern: re.Pattern[str]) -> list[Match]:
    """Return the matching lines of a file, none if it is no text, or cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            return [
                match_at(printable(shown), number, line.rstrip("\n"), found)
                for number, line in enumerate(file, 1)
                if (found := pattern.search(line.rstrip("\n")))
            ]
    except (OSError, UnicodeDecodeError):
        return []


def match_at(path: str, number: int, line: str, found: re.Match[str]) -> Match:
    start = max(0, min(found.start() - LONGEST_LINE // 2, len(line) - LONGEST_LINE))
    text = line[start : max(start + LONGEST_LINE, found.end())]
    before, within = text[: found.start() - start], found[0]
    begin = utf16_length(before)
    return Match(path, number, text, (begin, begin + utf16_length(within)))


def utf16_length(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text.encode("utf-16-le")) // 2


def printable(name: str) -> str:
    """Return a file's name as text: on Linux it can be any bytes."""
    return name.encode(errors="replace").decode()
