"""What several contracts have."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import Event, Struct


class Named(Struct, kw_only=True):
    """With a name."""

    name: str
    """For people."""
    notes: str | None = None


class ListedAPI(Protocol):
    """Has many of something."""

    added: Event[str]
    """One more."""

    async def count(self) -> int:
        """Count them."""
        ...


class VersionedAPI(Protocol):
    """Has a version."""

    everything: ListedAPI

    async def version(self) -> str:
        """Tell which it is."""
        ...

    async def close(self, *, force: bool = False) -> None:
        """Close."""
        ...
