"""Generic classes stay generic, whichever way they go and whatever they are of."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from rpc_worker import Struct

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Page(Struct, Generic[T]):
    """Some of many."""

    items: list[T]
    next: str | None = None


class Entry(Struct, Generic[K, V]):
    """Two of them."""

    key: K
    value: V | None


class Tree(Struct, Generic[T]):
    """One that holds itself."""

    value: T
    children: list[Tree[T]]


class Swapped(Struct, Generic[K, V]):
    """One that holds another, the other way round."""

    entries: tuple[Entry[V, K], ...]


@dataclass
class Box(Generic[T]):
    """A dataclass."""

    content: T
    labels: dict[str, T] = field(default_factory=dict[str, T])


class Photo(Struct):
    name: str
    taken: dt.datetime
    rating: int = 0


class Album(Page[Photo]):
    """What inherits from one is none itself."""

    title: str = ""


class GenericsAPI(Protocol):
    async def photos(self, page: Page[Photo]) -> Page[Photo]: ...
    async def names(self) -> Page[str]: ...
    async def pages(self) -> Page[Page[int | None]]: ...
    async def entry(self, entry: Entry[str, Photo]) -> Entry[int, dt.datetime]: ...
    async def tree(self, tree: Tree[float]) -> Tree[Photo]: ...
    async def swapped(self) -> Swapped[str, bool]: ...
    async def box(self, box: Box[bytes]) -> Box[bytes]: ...
    async def album(self, title: str) -> Album: ...
