"""Files, as a desktop app looks at them."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - read when it runs
from typing import Literal, Protocol, TypeAlias

from rpc_worker import Event, Progress, Struct, raises
from shared_api.errors import NotADirectory, NotAFile, NotFound, NotText


class Kind(enum.Enum):
    """What is found under a name. A symbolic link is not followed."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    OTHER = "other"
    """A device, a socket, a named pipe."""


class Entry(Struct):
    """One name in a directory."""

    name: str
    path: str
    """The directory's path and the name."""
    kind: Kind
    size: int
    """In bytes; 0 for what is no file."""
    modified: float
    """Seconds since 1970-01-01 UTC."""


class File(Struct, tag_field="kind", tag="file"):
    """A file's particulars."""

    path: str
    """Absolute."""
    size: int
    """In bytes."""
    modified: float
    """Seconds since 1970-01-01 UTC."""
    executable: bool


class Directory(Struct, tag_field="kind", tag="directory"):
    """A directory's particulars."""

    path: str
    """Absolute."""
    modified: float
    """Seconds since 1970-01-01 UTC."""
    entries: int | None = None
    """How many names it holds; null if it may not be read."""


class Symlink(Struct, tag_field="kind", tag="symlink"):
    """A symbolic link's particulars."""

    path: str
    """Absolute."""
    modified: float
    """Seconds since 1970-01-01 UTC."""
    target: str
    """As the link says it, which may lead nowhere."""


class Other(Struct, tag_field="kind", tag="other"):
    """The particulars of a device, a socket or a named pipe."""

    path: str
    """Absolute."""
    modified: float
    """Seconds since 1970-01-01 UTC."""


Stat: TypeAlias = File | Directory | Symlink | Other


class Match(Struct):
    """One line in which the query was found."""

    path: str
    """Relative to the root of the search, with `/` between its parts."""
    line: int
    """From 1."""
    text: str
    """The line without its end; a very long one is cut around the match."""
    span: tuple[int, int]
    """Where in `text` the query first stands, as `text.slice(...span)` counts in JavaScript."""


class FileChange(Struct):
    """What the worker did to a file."""

    path: str
    """As it was given to the method that did it."""
    kind: Literal["deleted"]


Algorithm: TypeAlias = Literal["sha256", "sha512", "blake2b", "md5"]


class FilesAPI(Protocol):
    """The files of this computer."""

    changed: Event[FileChange]
    """A file is not as it was."""

    @raises(NotFound)
    async def stat(self, path: str) -> Stat:
        """Tell what is at a path. A symbolic link is not followed.

        Args:
            path: Absolute, or relative to the worker's working directory.
        """
        ...

    @raises(NotFound, NotAFile, NotText)
    async def read_text(
        self, path: str, *, encoding: str = "utf-8", max_bytes: int = 1_048_576
    ) -> str:
        """Read a text file. All line ends become a newline.

        Args:
            path: Absolute, or relative to the worker's working directory.
            encoding: As Python names it.
            max_bytes: Where to stop reading.

        Returns:
            The text, or as much of it as `max_bytes` hold.
        """
        ...

    @raises(NotFound, NotAFile)
    def tail(self, path: str, *, lines: int = 10) -> AsyncIterator[str]:
        """Return the last lines of a text file, and then each line that is added to it.

        Args:
            path: Absolute, or relative to the worker's working directory.
            lines: How many of those that are there already.
        """
        ...

    @raises(NotFound, NotADirectory)
    def search(
        self,
        root: str,
        query: str,
        *,
        glob: str = "*",
        limit: int = 100,
        case_sensitive: bool = False,
    ) -> AsyncIterator[Match]:
        """Search the text files of a directory, and of all directories in it, for a string.

        Hidden directories and files that are no UTF-8 text are left out.

        Args:
            root: The directory to start from.
            query: What to look for; no pattern.
            glob: Which file names to look into, such as `*.py`.
            limit: When to stop.
            case_sensitive: Whether `A` and `a` differ.

        Returns:
            One match for each line, in the order of the paths.
        """
        ...

    @raises(NotFound, NotADirectory)
    async def count(self, root: str, found: Callable[[str], None]) -> int:
        """Count the files of a directory, and of all directories in it.

        Args:
            root: The directory to start from.
            found: Told each directory, before its files are counted.
        """
        ...

    @raises(NotFound, NotAFile)
    async def checksum(
        self, path: str, progress: Progress[float], *, algorithm: Algorithm = "sha256"
    ) -> str:
        """Compute a file's checksum.

        Args:
            path: Absolute, or relative to the worker's working directory.
            progress: The part of the file that has been read, from 0 to 1.
            algorithm: The hash function.

        Returns:
            Hexadecimal digits.
        """
        ...

    @raises(NotFound, NotAFile)
    async def delete_all(self, paths: list[str], ask: Callable[[str], Awaitable[bool]]) -> int:
        """Delete files, each after its question; all windows hear of it.

        Args:
            paths: Absolute, or relative to the worker's working directory.
            ask: Given a path, tells whether to delete it.

        Returns:
            How many have been deleted.
        """
        ...

    @raises(NotFound, NotAFile)
    async def delete_picked(self) -> int:
        """Let the user of the window that calls pick files, and delete them after one question.

        Returns:
            How many have been deleted.
        """
        ...

    # The last one: from here on `list` would mean this method.
    @raises(NotFound, NotADirectory)
    async def list(self, path: str, *, hidden: bool = False) -> list[Entry]:
        """List a directory, directories first, then by name.

        Args:
            path: Absolute, or relative to the worker's working directory.
            hidden: Whether to list names that start with a dot.
        """
        ...
