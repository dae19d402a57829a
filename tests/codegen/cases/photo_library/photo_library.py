"""A library of photos on the disk."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from enum import IntEnum
from typing import Annotated, Generic, NewType, Protocol, TypeVar

from msgspec import UNSET, Meta, UnsetType

from rpc_worker import Event, Progress, RpcError, Struct, raises

T = TypeVar("T")
PhotoId = NewType("PhotoId", uuid.UUID)


class Rating(IntEnum):
    """From worst to best."""

    REJECTED = -1
    NONE = 0
    GOOD = 3
    BEST = 5


class Place(Struct, array_like=True):
    """Latitude and longitude, in degrees."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    altitude: float | None = None
    """In metres."""


class Photo(Struct, kw_only=True):
    """One photo."""

    id: PhotoId
    path: str
    width: int
    height: int
    taken: dt.datetime | None = None
    """When the shutter opened, if the camera knew."""
    place: Place | None = None
    rating: Rating = Rating.NONE
    keywords: frozenset[str] = frozenset()


class Page(Struct, Generic[T]):
    """Some of many."""

    items: list[T]
    total: int
    cursor: str | None = None
    """Where the next one begins; null at the end."""


class Search(Struct):
    """What to look for: all that is given must hold."""

    text: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    near: tuple[Place, float] | None = None
    """A place, and how far from it in metres."""
    keywords: frozenset[str] = frozenset()
    at_least: Rating = Rating.REJECTED


class Change(Struct):
    """What to change; the rest stays."""

    rating: Rating | UnsetType = UNSET
    keywords: frozenset[str] | UnsetType = UNSET
    place: Place | UnsetType | None = UNSET
    """Null takes it away."""


class Import(Struct):
    """How far an import is."""

    done: int
    of: int
    path: str | None = None


class NoSuchPhoto(RpcError, code=4004):  # noqa: N818 - errors of a contract have such names
    """There is no such photo."""

    id: PhotoId


class Unreadable(RpcError, code=4015):  # noqa: N818 - as said
    """The file is no picture."""

    path: str
    reason: str


class PhotoLibraryAPI(Protocol):
    """Photos, and what is known of them."""

    changed: Event[list[Photo]]
    """Photos that are new or other than before."""
    removed: Event[PhotoId]

    async def search(
        self, search: Search, *, cursor: str | None = None, limit: Annotated[int, Meta(le=500)] = 50
    ) -> Page[Photo]:
        """Find photos, the newest first."""
        ...

    @raises(NoSuchPhoto, Unreadable)
    async def thumbnail(self, photo: PhotoId, *, size: int = 256) -> bytes:
        """Return a JPEG whose longer side is `size` pixels."""
        ...

    def thumbnails(self, photos: list[PhotoId]) -> AsyncIterator[tuple[PhotoId, bytes]]:
        """Return many, as they are made."""
        ...

    @raises(NoSuchPhoto)
    async def change(self, photos: list[PhotoId], change: Change) -> list[Photo]:
        """Change what is known of photos."""
        ...

    @raises(Unreadable)
    async def bring(self, paths: list[str], progress: Progress[Import]) -> list[Photo]:
        """Import files and folders."""
        ...

    async def by_day(self, year: int) -> dict[dt.date, int]:
        """Count the photos of each day of a year."""
        ...
