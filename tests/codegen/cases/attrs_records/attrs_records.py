"""Classes of attrs."""

from __future__ import annotations

from typing import Protocol

import attrs


@attrs.define
class Camera:
    """What took the picture."""

    maker: str
    lens: str | None = None


@attrs.frozen(kw_only=True)
class Picture:
    width: int
    """In pixels."""
    height: int
    camera: Camera | None = None
    keywords: list[str] = attrs.field(factory=list[str])
    rating: int = attrs.field(default=0, validator=attrs.validators.ge(0))


class AttrsRecordsAPI(Protocol):
    async def picture(self, path: str) -> Picture: ...
    async def rate(self, picture: Picture, rating: int) -> Picture: ...
