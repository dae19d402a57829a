"""What is converted, however deep it lies; what holds nothing of the kind passes as it is."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from typing import NamedTuple, Protocol, TypedDict

from rpc_worker import BigInt, Struct


class Position(NamedTuple):
    at: dt.timedelta
    label: str


class Headers(TypedDict):
    plain: str
    content_type: bytes


class Row(Struct, array_like=True):
    number: int
    total: BigInt
    seen: dt.datetime | None = None


class Plain(Struct):
    """Holds nothing that is converted."""

    name: str
    sizes: list[int]


class Deep(Struct):
    plain: Plain
    rows: list[Row]
    matrix: list[list[dt.datetime]]
    by_name: dict[str, dict[str, Position]]
    triple: tuple[str, bytes, tuple[dt.timedelta, int]]
    headers: Headers
    next: Deep | None = None


class ConvertedValuesAPI(Protocol):
    async def deep(self, deep: Deep) -> Deep: ...
    async def plain(self, plain: Plain) -> Plain: ...
    async def rows(self, rows: list[Row]) -> dict[int, list[Row | None]]: ...
    async def pair(self, pair: tuple[int, dt.datetime]) -> list[tuple[bytes, str]]: ...
