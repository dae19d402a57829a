"""A contract that uses everything, one that uses nothing of it, and what their window offers."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum, IntEnum
from typing import Generic, NewType, Protocol, TypeVar

from msgspec import UNSET, UnsetType

from rpc_worker import BigInt, Event, Progress, RpcError, Struct, raises

T = TypeVar("T")

PhotoId = NewType("PhotoId", str)


class Mood(Enum):
    """What a picture looks like."""

    CALM = "calm"
    LOUD = "loud"


class Stars(IntEnum):
    NONE = 0
    BEST = 5


class Photo(Struct, tag="photo"):
    """One picture."""

    id: PhotoId
    taken: dt.datetime
    pixels: bytes = b""
    mood: Mood = Mood.CALM
    inode: BigInt | None = None


class Clip(Struct, tag="clip"):
    id: PhotoId
    length: dt.timedelta
    stills: list[Photo] = []  # noqa: RUF012 - msgspec copies it


class Page(Struct, Generic[T]):
    items: list[T]
    more: bool


class Change(Struct):
    mood: Mood | UnsetType = UNSET
    stars: Stars | UnsetType = UNSET


class NoSuchPhoto(RpcError, code=4004):  # noqa: N818 - errors of a contract have such names
    """There is no such picture."""

    id: PhotoId


class Overexposed(RpcError, code=4005):  # noqa: N818 - as said
    """There was too much light."""

    since: dt.datetime


class AlbumsAPI(Protocol):
    """Albums of pictures."""

    changed: Event[str]
    shown: Event[Photo]

    @raises(NoSuchPhoto)
    async def add(self, album: str, photo: PhotoId) -> int: ...
    async def names(self, *, hidden: bool = False) -> list[str]: ...


class StudioAPI(Protocol):
    """Has whatever a contract can have."""

    albums: AlbumsAPI
    wakes: Event[dt.datetime]

    @raises(NoSuchPhoto, Overexposed)
    async def find(self, photo: PhotoId, *, before: dt.datetime | None = None) -> Photo | Clip: ...
    async def page(self, size: int = 20) -> Page[Photo | Clip]: ...
    async def sizes(self) -> dict[str, BigInt]: ...
    @raises(NoSuchPhoto)
    async def change(self, photo: PhotoId, change: Change) -> Stars: ...
    @raises(Overexposed)
    def shoot(self, every: dt.timedelta, *, mood: Mood = Mood.LOUD) -> AsyncIterator[Photo]: ...
    def log(self) -> AsyncIterator[str]: ...
    async def upload(self, chunks: AsyncIterator[bytes], names: AsyncIterator[str]) -> int: ...
    async def develop(self, photo: PhotoId, progress: Progress[float]) -> bytes: ...
    async def expose(self, photo: PhotoId, progress: Progress[dt.timedelta]) -> None: ...
    async def sort(self, better: Callable[[Photo, Photo], Awaitable[bool]]) -> list[PhotoId]: ...
    async def review(self, ask: Callable[[str], Awaitable[Stars]]) -> float: ...
    async def watch(self, seen: Callable[[dt.datetime], None]) -> None: ...
    async def listen(self, heard: Callable[[str], None]) -> None: ...


class PlainAPI(Protocol):
    """Has nothing but calls of what JSON holds."""

    async def add(self, a: float, b: float) -> float: ...
    async def greet(self, name: str, *, loud: bool = False) -> str: ...


class DatedAPI(Protocol):
    """Has dates, and nothing else that is converted."""

    async def now(self) -> dt.datetime: ...


class DialogsAPI(Protocol):
    """What the window offers."""

    @raises(Overexposed)
    async def confirm(self, photo: Photo, until: dt.datetime) -> bool: ...
    def strokes(self, tool: str) -> AsyncIterator[bytes]: ...
