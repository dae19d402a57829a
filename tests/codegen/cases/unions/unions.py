"""Tagged unions."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rpc_worker import Struct


class Circle(Struct, tag=True):
    radius: float


class Rectangle(Struct, tag_field="kind", tag="rectangle"):
    """A field that says which."""

    width: float
    height: float = 1.0


class Square(Struct, tag_field="kind", tag="square"):
    side: float


class Move(msgspec.Struct, array_like=True, tag=1):
    x: float
    y: float


class Draw(msgspec.Struct, array_like=True, tag=2):
    color: str


Shape = Rectangle | Square


class UnionsAPI(Protocol):
    async def circle(self) -> Circle: ...
    async def grow(self, shape: Shape, by: float) -> Shape: ...
    async def shapes(self, shapes: list[Shape | None]) -> dict[str, Shape]: ...
    async def path(self, steps: list[Move | Draw]) -> Move | Draw | None: ...
    async def mixed(self, value: int | str | list[str] | Square | None) -> bool | str: ...
