"""Enumerations, Structs with every option that shapes them, and aliases, as types under test."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt
import enum
from typing import Generic, NewType, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from typing_extensions import TypeAliasType

from rpc_worker import BigInt, Struct

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

# ------------------------------------------------------------------------------- enumerations


class Color(enum.Enum):
    RED = "red"
    DARK_BLUE = "dark blue"
    ODD = '"\u2028\\'


class Size(enum.Enum):
    NONE = 0
    SMALL = -1
    LARGE = 2**53 - 1


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 200


class Mode(str, enum.Enum):  # noqa: UP042 - it is about that
    """As it was written before there was StrEnum."""

    FAST = "fast"
    SLOW = "slow"


class Side(enum.StrEnum):
    LEFT = enum.auto()
    RIGHT = enum.auto()


# ------------------------------------------------------------------------------------ Structs


class Photo(Struct):
    """What most apps have: some of it converted, some not, some with defaults."""

    file_name: str
    taken_at: dt.datetime
    pixels: bytes = b""
    exposure: dt.timedelta = dt.timedelta(milliseconds=8)
    ratings: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    size: BigInt | None = None


class Plain(msgspec.Struct):
    """Names as they are, and nothing that is converted."""

    snake_case: int
    label: str = "none"
    parts: list[float] = msgspec.field(default_factory=list[float])


class Renamed(msgspec.Struct, rename={"a": "$ref", "b": "with space", "c": "ä", "d": "1"}):
    """Names that are no identifiers."""

    a: dt.datetime
    b: int
    c: bytes
    d: BigInt


class Odd(msgspec.Struct, rename={"make": "constructor", "own": "toJSON"}):
    """Names that objects of JavaScript have already."""

    make: dt.datetime
    own: str
    then: int
    length: BigInt


class Row(msgspec.Struct, array_like=True):
    """An array."""

    name: str
    taken: dt.datetime
    pixels: bytes = b"-"
    count: int = 0


class Sparse(Struct, omit_defaults=True):
    """What is as it is by default is not on the wire."""

    name: str = ""
    taken: dt.datetime | None = None
    length: dt.timedelta = dt.timedelta(0)
    tags: list[str] = msgspec.field(default_factory=list[str])
    total: BigInt = BigInt(0)


class SparseRow(msgspec.Struct, array_like=True, omit_defaults=True):
    """As that, in an array, whose end may be missing."""

    name: str
    taken: dt.datetime | None = None
    pixels: bytes = b""


class Change(Struct):
    """What is unset is not on the wire, and is no null."""

    title: str | UnsetType = UNSET
    taken: dt.datetime | UnsetType | None = UNSET
    pixels: bytes | UnsetType = UNSET
    by: str = "me"


class Strict(Struct, forbid_unknown_fields=True, kw_only=True):
    """What takes nothing else."""

    taken: dt.datetime = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    name: str


class Nested(Struct):
    """Records within records, lists, dicts and tuples."""

    cover: Photo
    rows: list[Row]
    named: dict[str, Photo]
    pair: tuple[Row, Sparse | None]


class Heir(Photo):
    """What inherits fields."""

    title: str = ""


class Empty(Struct):
    """Nothing at all."""


# --------------------------------------------------------------------------------- with a tag


class Note(Struct, tag="note"):
    text: str


class Clip(Struct, tag="clip"):
    length: dt.timedelta
    frames: list[bytes] = []


class Shot(Struct, tag="shot"):
    taken: dt.datetime


class One(msgspec.Struct, tag=1, tag_field="number"):
    taken: dt.datetime


class Two(msgspec.Struct, tag=2, tag_field="number"):
    pixels: bytes
    text: str = ""


class Negative(msgspec.Struct, tag=-3, tag_field="number"):
    text: str


class Move(msgspec.Struct, array_like=True, tag="move"):
    x: float
    y: float


class Stamp(msgspec.Struct, array_like=True, tag="stamp"):
    at: dt.datetime
    data: bytes = b""


class Open(msgspec.Struct, array_like=True, tag=0):
    at: dt.datetime


class Close(msgspec.Struct, array_like=True, tag=-1):
    code: int


# ----------------------------------------------------------------------------------- generics


class Page(Struct, Generic[T]):
    items: list[T]
    first: T | None = None
    total: int = 0


class Pair(msgspec.Struct, Generic[K, V], array_like=True):
    key: K
    value: V


class Tree(Struct, Generic[T]):
    value: T
    children: list[Tree[T]] = []


# ---------------------------------------------------------------------------------- recursion


class Folder(Struct, tag="folder"):
    changed: dt.datetime
    entries: list[Folder | File]


class File(Struct, tag="file"):
    data: bytes
    within: Folder | None = None


class Chain(Struct, array_like=True):
    link: bytes
    rest: Chain | None = None


# ------------------------------------------------------------------------------------ aliases

PhotoId = NewType("PhotoId", str)
Moment = NewType("Moment", dt.datetime)
Blob = TypeAliasType("Blob", bytes)
Shots = TypeAliasType("Shots", list[Photo])
Answer = TypeAliasType("Answer", dt.datetime | int | list[bytes] | Photo | None)
