"""Groups of methods, also within groups."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import Struct


class Entry(Struct):
    name: str


class TrashAPI(Protocol):
    async def empty(self) -> int: ...


class FilesAPI(Protocol):
    """Files and folders."""

    trash: TrashAPI

    async def list(self, folder: str) -> list[Entry]:
        """List a folder."""
        ...

    async def read_text(self, path: str, *, encoding: str = "utf-8") -> str:
        """Read a whole file."""
        ...


class PanelAPI(Protocol):
    async def show(self) -> None: ...


class PanelsAPI(Protocol):
    left: PanelAPI
    right: PanelAPI


class WorkspaceAPI(Protocol):
    """All of a workspace."""

    files: FilesAPI
    panels: PanelsAPI

    async def close(self) -> None: ...


CONTRACTS = ("WorkspaceAPI",)
