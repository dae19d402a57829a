"""Dictionaries: their keys are strings in JSON, whatever they are in Python."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - annotations are evaluated at run time
import uuid  # noqa: TC003 - as said
from collections.abc import Mapping  # noqa: TC003 - as said
from enum import Enum, IntEnum
from typing import Any, Literal, NewType, Protocol

from rpc_worker import Struct

PhotoId = NewType("PhotoId", str)


class Side(Enum):
    LEFT = "left"
    RIGHT = "right"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Photo(Struct):
    taken: dt.datetime


class KeysAPI(Protocol):
    async def strings(self, sizes: dict[str, int]) -> Mapping[str, list[int]]: ...
    async def names(self, photos: dict[PhotoId, Photo]) -> dict[PhotoId, Photo | None]: ...
    async def integers(self, names: dict[int, str]) -> dict[float, str]: ...
    async def texts(self, names: dict[uuid.UUID, str]) -> dict[dt.date, str]: ...
    async def members(self, widths: dict[Side, float]) -> dict[Level, float]: ...
    async def literals(self, ways: dict[Literal["x", "y"], int]) -> dict[Literal[1, 2], int]: ...
    async def anything(self, values: dict[str, Any]) -> dict[Any, Any]: ...
    async def either(self, values: dict[int | str, bool]) -> dict[str, dict[str, Photo]]: ...
