"""Moments of time, which are Dates; days and times of day, which are no moments, and strings."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from typing import Protocol

from rpc_worker import Struct


class Meeting(Struct, kw_only=True):
    """People in a room."""

    begins: dt.datetime
    """With its time zone, as every datetime on the wire."""
    ends: dt.datetime | None = None
    reminders: list[dt.datetime]
    day: dt.date
    at: dt.time


class Series(Struct):
    """Holds no moment itself."""

    title: str
    meetings: dict[str, Meeting]


class DatesAPI(Protocol):
    async def now(self) -> dt.datetime: ...
    async def next(self, after: dt.datetime | None = None) -> Meeting | None: ...
    async def day(self, day: dt.date) -> list[Meeting]: ...
    async def hour(self, hour: dt.time) -> dt.time: ...
    async def plan(self, series: Series, *, until: dt.datetime) -> dict[str, dt.datetime]: ...
