"""What an editor strikes through."""

# pyright: reportDeprecated=false
from __future__ import annotations

from enum import Enum
from typing import Annotated, Protocol

from msgspec import Meta
from typing_extensions import deprecated

from rpc_worker import RpcError, Struct, raises


@deprecated("Write Picture.")
class Photo(Struct):
    """A picture, as it was."""

    name: str


@deprecated("Nobody paints any more.\n\n@internal */")
class Palette(Enum):
    OIL = "oil"


@deprecated("It is found.")
class NotFound(RpcError, code=1):  # noqa: N818 - errors of a contract have such names
    path: str


class Picture(Struct):
    name: str
    size: Annotated[int, Meta(extra_json_schema={"deprecated": True})] = 0
    """Nobody knows it."""
    photo: Photo | None = None


class DeprecationsAPI(Protocol):
    @deprecated("Write picture().")
    async def photo(self, palette: Palette) -> Photo: ...
    @raises(NotFound)
    @deprecated("")
    async def picture(self, name: str) -> Picture:
        """Find a picture.

        Args:
            name: What it is called.
        """
        ...
