"""What is inherited: methods, events, namespaces, fields; from this module and from others."""

# ruff: noqa: TC001 - annotations are evaluated at run time
from __future__ import annotations

from typing import Protocol

from rpc_worker import Event
from tests.codegen.cases.inheritance import base


class Photo(base.Named, kw_only=True):
    """With a name, and more."""

    rating: int = 0
    """From 0 to 5."""
    notes: str | None = "overridden"


class AlbumsAPI(base.ListedAPI, Protocol):
    """Has what lists have."""

    async def rename(self, album: base.Named) -> Photo: ...


class InheritanceAPI(base.VersionedAPI, Protocol):
    """Has what all of ours have."""

    albums: AlbumsAPI
    changed: Event[Photo]

    async def close(self, *, force: bool = False) -> None:
        """Close more than the other does."""
        ...
