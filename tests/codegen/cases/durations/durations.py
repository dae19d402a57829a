"""Lengths of time: milliseconds in TypeScript, as in all that it has for time."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from rpc_worker import Struct


class Track(Struct):
    title: str
    length: dt.timedelta
    """Without the silence at the end."""
    fade: dt.timedelta | None = None


class DurationsAPI(Protocol):
    async def length(self, path: str) -> dt.timedelta: ...
    async def tracks(self, longer_than: dt.timedelta = dt.timedelta(minutes=2)) -> list[Track]: ...
    async def cut(self, track: Track, *, at: list[dt.timedelta]) -> list[Track]: ...
