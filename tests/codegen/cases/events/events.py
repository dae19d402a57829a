"""What the worker tells of its own accord."""

from typing import Protocol

from rpc_worker import Event, Struct


class FileChange(Struct):
    path: str
    size: int = 0


class FilesAPI(Protocol):
    """Files and folders."""

    changed: Event[FileChange]
    """A file was written, moved or deleted."""

    async def touch(self, change: FileChange) -> None: ...


class EventsAPI(Protocol):
    files: FilesAPI
    idle_since: Event[float | None]
    """When work ended; null as soon as it begins.

    @internal is no tag here.
    """
    log_line: Event[str]


CONTRACTS = ("EventsAPI",)
