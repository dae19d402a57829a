"""Literals and enums."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Literal, Protocol


class Kind(Enum):
    """What an entry of a folder is."""

    FILE = "file"
    """A regular file."""
    FOLDER = "folder"
    LINK = "symbolic link"
    """Points to another entry; `*/` ends nothing here."""


class Level(IntEnum):
    """How loud it is."""

    QUIET = 0
    LOUD = 10
    """Wakes the neighbours"""


class Plain(Enum):
    A = "a"


class Weekday(Enum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class LiteralsAPI(Protocol):
    async def enums(self, kind: Kind, level: Level = Level.QUIET) -> Plain: ...
    async def texts(self, mode: Literal["r", "w"]) -> Literal['say "hi"', "back\\slash"]: ...
    async def numbers(self, number: Literal[1, -2]) -> Literal[3, "three"] | None: ...
    async def bools(self, sure: Literal[True] = True) -> Literal[True, 1, "auto", False]: ...
    async def day(self) -> Weekday: ...
