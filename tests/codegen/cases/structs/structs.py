"""Structs and their settings."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rpc_worker import Struct


class Point(Struct):
    """A place on the screen.

    Measured from the upper left corner.
    """

    x: float
    """To the right, in pixels."""
    y: float
    """Down, in pixels.

    Never negative.
    """


class Window(Struct, forbid_unknown_fields=True):
    window_title: str
    upper_left: Point
    owner: Window | None
    children: list[Window]


class Renamed(msgspec.Struct, rename="kebab"):
    file_name: str
    size: int = msgspec.field(name="class")


class Pair(Struct, array_like=True):
    left: str
    right_side: int


class Reserved(Struct, array_like=True):
    default: str
    delete: int
    this: bool = True


class Tree(Struct, array_like=True):
    value: int
    children: list[Tree]
    named: dict[str, Tree]


class Empty(Struct):
    """Nothing to see."""


class StructsAPI(Protocol):
    async def move(self, to: Point) -> Window: ...
    async def renamed(self) -> Renamed: ...
    async def pair(self, pair: Pair) -> list[Pair]: ...
    async def reserved(self, value: Reserved) -> None: ...
    async def tree(self) -> Tree: ...
    async def empty(self, empty: Empty) -> Empty: ...
