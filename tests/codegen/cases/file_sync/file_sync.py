"""Keeps folders of several computers the same."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - they are read
from enum import Enum
from typing import Annotated, Literal, NewType, Protocol

from msgspec import Meta

from rpc_worker import BigInt, Event, RpcError, Struct, raises

FolderId = NewType("FolderId", str)
Checksum = NewType("Checksum", bytes)


class Direction(Enum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Entry(Struct):
    """A file, as one of the sides has it."""

    path: str
    size: int
    changed: dt.datetime
    checksum: Checksum | None = None


class Conflict(Struct):
    """Both sides have changed a file."""

    here: Entry
    there: Entry
    base: Entry | None = None
    """What both of them had, if that is known."""


class Folder(Struct):
    """A folder that is kept the same."""

    path: str
    remote: str
    direction: Direction = Direction.BOTH
    ignore: list[str] = []
    every: dt.timedelta = dt.timedelta(minutes=5)
    max_size: int | None = None


class Copied(Struct, tag="copied"):
    entry: Entry
    direction: Direction


class Removed(Struct, tag="removed"):
    path: str


class Skipped(Struct, tag="skipped"):
    path: str
    reason: Literal["ignored", "too large", "locked"]


class Status(Struct):
    """How a folder is."""

    syncing: bool
    last: dt.datetime | None
    pending: int
    bytes_ever: BigInt
    """Copied since the beginning."""


class Offline(RpcError, code=4503):  # noqa: N818 - errors of a contract have such names
    """The other side does not answer."""

    since: dt.datetime
    retry_after: dt.timedelta


class QuotaExceeded(RpcError, code=4507):  # noqa: N818 - as said
    """There is no more room on the other side."""

    used: BigInt
    available: BigInt


class FoldersAPI(Protocol):
    """The folders that are kept the same."""

    status: Event[dict[FolderId, Status]]

    async def list(self) -> dict[FolderId, Folder]: ...
    @raises(Offline)
    async def add(self, folder: Folder) -> FolderId: ...
    async def remove(self, folder: FolderId, *, keep_files: bool = True) -> bool: ...


class FileSyncAPI(Protocol):
    """Synchronizes."""

    folders: FoldersAPI

    @raises(Offline, QuotaExceeded)
    def sync(
        self,
        folder: FolderId,
        resolve: Callable[[Conflict], Awaitable[Literal["here", "there", "both"]]],
        *,
        dry_run: bool = False,
        limit: Annotated[float, Meta(gt=0, description="In bytes a second")] | None = None,
    ) -> AsyncIterator[Copied | Removed | Skipped]:
        """Make both sides the same, and tell each step.

        Args:
            folder: Which one.
            resolve: Says what to do where both sides have changed.
            dry_run: Whether nothing is changed.
            limit: How fast it may be.
        """
        ...

    async def compare(self, folder: FolderId, paths: set[str]) -> list[Conflict]: ...
    async def put(self, folder: FolderId, path: str, content: AsyncIterator[bytes]) -> Entry:
        """Write a file, as its content comes."""
        ...
