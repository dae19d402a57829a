"""Types that are called like those of JavaScript, of TypeScript and of the runtime."""

# ruff: noqa: TC003 - annotations are evaluated at run time
# ruff: noqa: A002, N801 - the names are the point
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Protocol

from rpc_worker import Event, Progress, Struct


class Array(Struct):
    items: list[int]


class Codec(Struct):
    name: str
    since: dt.datetime


class Date(Struct):
    day: int
    moment: dt.datetime


class Error(Struct):
    message: str


class Map(Struct):
    content: dict[str, bytes]


class Object(Struct):
    value: object_


class Promise(Struct):
    kept: bool


class Record(Struct):
    broken: dict[str, str]


class Set(Struct):
    members: set[str]


class Stream(Struct):
    width: float


class Uint8Array(Struct):
    content: bytes


class object_(Struct):
    """What is left of a reserved name without its underscore is that name."""

    fields: int


class members(Enum):
    """Called like a function of the runtime's."""

    ONE = "one"


class value(Enum):
    TWO = "two"


class Symbol(Enum):
    HASH = "#"


class BuiltInNamesAPI(Protocol):
    changed: Event[Stream]

    async def array(self, array: Array, date: Date) -> Promise: ...
    async def codec(self, codec: Codec) -> Error: ...
    async def map(self, map: Map, record: Record) -> dict[str, Uint8Array]: ...
    async def enums(self, members: members, value: value) -> Symbol: ...
    async def callback(self, ask: Callable[[Promise], Awaitable[Map]]) -> Set: ...
    def streams(self, stream: AsyncIterator[Object]) -> AsyncIterator[Stream]: ...
    async def progress(self, progress: Progress[Record]) -> dt.datetime: ...
