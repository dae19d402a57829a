"""Enumerations: a union of their values, and a constant by which they are called."""

# ruff: noqa: A002, PLC2401 - the names are the point
# pyright: reportDeprecated=false
from __future__ import annotations

from enum import Enum, IntEnum, StrEnum, auto
from typing import Protocol

from typing_extensions import deprecated

from rpc_worker import Struct


class Format(Enum):
    """What a picture is saved as."""

    JPEG = "image/jpeg"
    """Small."""
    PNG = "image/png"
    WEBP = "image/webp"
    JPG = JPEG
    """Another name for one is no other value."""


class Rating(IntEnum):
    """From worst to best."""

    REJECTED = -1
    NONE = 0
    BEST = 5
    """For the wall."""


class Mode(StrEnum):
    """Whose values come by themselves."""

    READ_ONLY = auto()
    READ_WRITE = auto()


class Odd(Enum):
    """Names and values that mean something else."""

    default = "default"
    new = "new"
    constructor = 'say "hi"'
    Größe = "a\nb"


@deprecated("Write Format.")
class Old(Enum):
    ONLY = "only"


class Photo(Struct):
    format: Format = Format.JPEG
    rating: Rating = Rating.NONE


class EnumerationsAPI(Protocol):
    async def save(self, format: Format, mode: Mode = Mode.READ_ONLY) -> Photo: ...
    async def rate(self, photo: Photo, rating: Rating) -> list[Rating]: ...
    async def odd(self, odd: Odd) -> Old | None: ...
