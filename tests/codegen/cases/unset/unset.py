"""UNSET: what is not there, either way, and is no null."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from typing import Protocol

import msgspec
from msgspec import UNSET, UnsetType

from rpc_worker import Struct


class Change(Struct):
    """What is to be changed; the rest stays as it is."""

    title: str | UnsetType = UNSET
    rating: int | UnsetType | None = UNSET
    """Null takes it away."""
    taken: dt.datetime | UnsetType = UNSET
    by: str = "me"


class Loose(msgspec.Struct, rename="camel"):
    """Beside what has a default of another kind."""

    always: int
    often: int = 1
    only_now_and_then: int | UnsetType = UNSET


class UnsetAPI(Protocol):
    async def change(self, change: Change) -> Change: ...
    async def loose(self) -> Loose: ...
