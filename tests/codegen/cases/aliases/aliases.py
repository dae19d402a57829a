"""Types that were given a name: it is theirs in TypeScript too."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, NewType, Protocol

from msgspec import Meta
from typing_extensions import TypeAliasType

from rpc_worker import Struct

UserId = NewType("UserId", int)
"""Who somebody is."""
AdminId = NewType("AdminId", UserId)
Moment = NewType("Moment", dt.datetime)


class Circle(Struct, tag="circle"):
    radius: float


class Square(Struct, tag="square"):
    side: float
    angle: float = 0.0


Shape = TypeAliasType("Shape", Circle | Square)
"""What can be drawn."""
Color = TypeAliasType("Color", Literal["red", "green"])
Percent = TypeAliasType("Percent", Annotated[float, Meta(ge=0, le=100, description="In percent")])
Point = TypeAliasType("Point", tuple[float, float])
Path = TypeAliasType("Path", list[Point])
Drawn = TypeAliasType("Drawn", Shape | Color | None)
Content = TypeAliasType("Content", dict[str, bytes])
Renamed = TypeAliasType("Renamed", Circle)
PLAIN = Literal["a", "b"]


class Drawing(Struct):
    by: UserId
    """A field has a NewType, or an alias of Python 3.12."""
    changed: Moment | None = None
    shapes: list[Circle | Square] = []


class AliasesAPI(Protocol):
    async def draw(self, shape: Shape, at: Point, *, color: Color = "red") -> Drawing: ...
    async def change(self, drawing: Drawing, drawn: Drawn) -> Shape | None: ...
    async def follow(self, path: Path, speed: Percent) -> Point: ...
    async def who(self, user: UserId) -> AdminId | None: ...
    async def when(self, moment: Moment) -> Moment: ...
    async def content(self, content: Content) -> Content: ...
    async def renamed(self, plain: PLAIN) -> Renamed: ...
