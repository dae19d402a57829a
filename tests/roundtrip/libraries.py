"""The other classes under test: of the standard library, of attrs and of Pydantic."""

# ruff: noqa: TC003 - annotations are evaluated at run time

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar

import attrs
import pydantic
from pydantic.alias_generators import to_camel

from tests.roundtrip.structs import Level, Side

T = TypeVar("T")


@dataclass
class Job:
    title: str
    started: dt.datetime
    limit: dt.timedelta | None = None
    parts: list[bytes] = field(default_factory=list[bytes])


@dataclass(frozen=True)
class Spot:
    x: float
    day: dt.date


@attrs.define
class Camera:
    maker: str
    bought: dt.datetime
    serial: bytes = b""
    lenses: list[str] = attrs.field(factory=list[str])


class Movie(TypedDict):
    title: str
    released: dt.datetime
    poster: NotRequired[bytes]


class Filter(TypedDict, total=False):
    since: dt.datetime
    longest: dt.timedelta
    text: str


class Point(NamedTuple):
    x: float
    y: float


class Entry(NamedTuple):
    at: dt.datetime
    data: bytes = b""
    place: Point = Point(0.0, 1.0)


class Comment(TypedDict):
    at: dt.datetime
    answers: list[Comment]


# ----------------------------------------------------------------------------------- generics


@dataclass
class Box(Generic[T]):
    content: T
    labels: dict[str, T] = field(default_factory=dict[str, T])


@attrs.frozen
class Crate(Generic[T]):
    content: T
    spare: list[T] = attrs.field(factory=list[Any])


class Labelled(TypedDict, Generic[T]):
    label: str
    value: NotRequired[T]


class Measured(NamedTuple, Generic[T]):
    value: T
    at: dt.datetime | None = None


# ----------------------------------------------------------------------------------- Pydantic


class Model(pydantic.BaseModel):
    """What msgspec converts, as Pydantic writes it."""

    model_config = pydantic.ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    file_name: str
    taken_at: dt.datetime
    pixels: bytes = b""
    exposure: dt.timedelta = dt.timedelta(0)
    day: dt.date | None = None
    id: uuid.UUID | None = None
    price: decimal.Decimal = decimal.Decimal(0)
    tags: set[str] = set()
    clock: dt.time | None = None
    level: Level = Level.LOW
    side: Side | None = None
    parts: dict[str, bytes] = {}
    pair: tuple[int, dt.datetime] | None = None


class Cat(pydantic.BaseModel):
    kind: Literal["cat"] = "cat"
    born: dt.datetime


class Dog(pydantic.BaseModel):
    kind: Literal["dog"] = "dog"
    walk: dt.timedelta
    size: float = 0.5


class Owner(pydantic.BaseModel):
    pets: list[Cat | Dog] = []
    favourite: Cat | Dog | None = None
    home: Owner | None = None


class Shelf(pydantic.BaseModel, Generic[T]):
    items: list[T]
    first: T | None = None
