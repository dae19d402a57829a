"""The demo's files: `FilesAPI` over the real file system.

Everything here blocks, so everything is a `def`, and runs in a thread.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import stat as modes
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from rpc_worker import RpcError, in_thread
from shared_api import (
    Directory,
    Entry,
    File,
    FilesAPI,
    Kind,
    Match,
    NotADirectory,
    NotAFile,
    NotFound,
    NotText,
    Other,
    Stat,
    Symlink,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

LONGEST_LINE: Final = 200
"""Characters of a line that a match shows; sources minified into one line are common."""


class Files(FilesAPI):
    """The files of this computer."""

    @in_thread
    def stat(self, path: str) -> Stat:
        with errors_of(path):
            absolute = Path(path).absolute()
            found = absolute.lstat()
            where, modified = str(absolute), found.st_mtime
            match kind_of(found):
                case Kind.FILE:
                    executable = os.access(absolute, os.X_OK)
                    return File(where, found.st_size, modified, executable)
                case Kind.DIRECTORY:
                    return Directory(where, modified, count_entries(absolute))
                case Kind.SYMLINK:
                    return Symlink(where, modified, str(absolute.readlink()))
                case Kind.OTHER:
                    return Other(where, modified)

    @in_thread
    def read_text(self, path: str, *, encoding: str = "utf-8", max_bytes: int = 1_048_576) -> str:
        decoder = text_decoder(encoding)
        with errors_of(path), regular_file(path).open("rb") as file:
            data = file.read(max(0, max_bytes))
            whole = not file.read(1)
        try:
            # What is cut off in the middle of a character is no mistake in the text.
            text = decoder.decode(data, final=whole)
        except UnicodeDecodeError as error:
            raise NotText(path, encoding, error.start) from None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @in_thread
    def search(
        self,
        root: str,
        query: str,
        *,
        glob: str = "*",
        limit: int = 100,
        case_sensitive: bool = False,
    ) -> list[Match]:
        with errors_of(root):
            os.scandir(root).close()
        pattern = re.compile(re.escape(query), re.NOFLAG if case_sensitive else re.IGNORECASE)
        found: list[Match] = []
        for path in sources(Path(root), glob):
            if len(found) >= limit:
                break
            found += matches(path, path.relative_to(root).as_posix(), pattern)
        return found[: max(0, limit)]

    @in_thread
    def checksum(
        self, path: str, *, algorithm: Literal["sha256", "sha512", "blake2b", "md5"] = "sha256"
    ) -> str:
        with errors_of(path), regular_file(path).open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest()

    # As in the contract, the last one: from here on `list` would mean this method.
    @in_thread
    def list(self, path: str, *, hidden: bool = False) -> list[Entry]:
        entries: list[Entry] = []
        with errors_of(path), os.scandir(path) as found:
            for item in found:
                if item.name.startswith(".") and not hidden:
                    continue
                try:
                    status = item.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # Gone since the directory was read.
                kind = kind_of(status)
                size = status.st_size if kind is Kind.FILE else 0
                entries.append(
                    Entry(printable(item.name), printable(item.path), kind, size, status.st_mtime)
                )
        return sorted(entries, key=lambda e: (e.kind is not Kind.DIRECTORY, e.name.casefold()))


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
