"""Unions of what is converted: told apart by their form on the wire, or by a tag."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

from rpc_worker import BigInt, Struct


class Note(Struct, tag="note"):
    text: str


class Photo(Struct, tag="photo"):
    taken: dt.datetime
    pixels: bytes


class Clip(Struct, tag="1"):
    length: dt.timedelta


class Open(Struct, array_like=True, tag=0):
    at: dt.datetime


class Close(Struct, array_like=True, tag=-1):
    code: int


class Single(Struct):
    when: dt.datetime


class ConvertedUnionsAPI(Protocol):
    async def optional(self, when: dt.datetime | None) -> bytes | None: ...
    async def forms(self, value: dt.datetime | list[bytes] | Single | int) -> bytes | bool: ...
    async def lists(self, value: tuple[dt.datetime, int] | str) -> list[dt.timedelta] | None: ...
    async def tagged(self, item: Note | Photo | Clip) -> list[Note | Photo | Clip | None]: ...
    async def mixed(self, item: Photo | Clip | list[dt.datetime] | bytes) -> Note | Photo | str: ...
    async def arrays(self, event: Open | Close) -> Open | Close | dict[str, dt.datetime]: ...
    async def dicts(self, value: dict[str, bytes | None] | float) -> BigInt | None: ...
    async def anything(self, value: Any | dt.datetime) -> dt.datetime | Any: ...
