"""NamedTuples: arrays on the wire, and tuples with labels in TypeScript."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Point(NamedTuple):
    """A place on the screen."""

    x: float
    y: float


class Line(NamedTuple):
    """From one place to another."""

    start: Point
    end: Point = Point(0, 0)
    width: float = 1.0


class Reserved(NamedTuple):
    """Labels that mean something else."""

    default: str
    new: int
    content_type: str | None = None


class NamedTuplesAPI(Protocol):
    async def draw(self, lines: list[Line]) -> Line: ...
    async def centre(self) -> Point: ...
    async def reserved(self, value: Reserved) -> None: ...
