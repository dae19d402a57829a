"""What the window asks of Python, and what Python asks of the window."""
# ruff: noqa: N818 - NoSuchFolder is what it is called in TypeScript as well

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from rpc_worker import Event, Progress, RpcError, Struct, raises


class NoSuchFolder(RpcError, code=4001):
    """There is no folder of that name."""

    path: str


class Unreadable(RpcError, code=4002):
    """The file cannot be read."""

    path: str
    reason: str


class Hit(Struct):
    """A file that was found."""

    path: str
    """Its path within the folder, with `/` between its parts."""
    size: int
    """In bytes."""
    modified: float
    """Seconds since 1970."""
    line: int = 0
    """The line in which the text stands; 0 if it is in the name."""
    excerpt: str = ""
    """That line, if there is one."""


class Change(Struct):
    """What became of a file while the folder was watched."""

    path: str
    kind: Literal["created", "changed", "deleted"]


class FilesAPI(Protocol):
    """The files of a folder."""

    changed: Event[Change]
    """A file of a folder that the window watches is not as it was."""

    @raises(NoSuchFolder)
    async def open(self, folder: str) -> str:
        """Returns the whole path of a folder, which may begin with `~`."""
        ...

    @raises(NoSuchFolder)
    def search(self, folder: str, text: str) -> AsyncIterator[Hit]:
        """Finds the files that have a text in their name, or else in one of their lines."""
        ...

    @raises(Unreadable)
    async def checksum(self, folder: str, path: str, progress: Progress[float]) -> str:
        """Computes the SHA-256 of a file, and reports how much of it is done, from 0 to 1."""
        ...

    @raises(Unreadable)
    async def delete(self, folder: str, path: str) -> bool:
        """Deletes a file if the window confirms it, and returns whether it did."""
        ...

    @raises(NoSuchFolder)
    async def watch(self, folder: str) -> None:
        """Has `changed` tell this window what happens in the folder, until it is cancelled."""
        ...


class PageAPI(Protocol):
    """What the page in a window offers."""

    async def confirm(self, question: str, detail: str) -> bool:
        """Asks the person in front of it."""
        ...
