"""What is told of defaults."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Protocol

from msgspec import Meta

from rpc_worker import Struct


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Point(Struct):
    x: int = 0
    y: int = 0


class DefaultsAPI(Protocol):
    async def defaults(
        self,
        *,
        text: str = "a\nb",
        number: float = 1e300,
        nothing: int | None = None,
        color: Color = Color.BLUE,
        point: Point = Point(x=1),  # noqa: B008 - frozen
        pair: tuple[int, str] = (1, "*/"),
        described: Annotated[int, Meta(description="At least one.", ge=1)] = 1,
    ) -> None: ...
