"""Sets, which are arrays of distinct items on the wire, and in TypeScript."""

from __future__ import annotations

import collections.abc as c  # noqa: TC003 - annotations are evaluated at run time
import datetime as dt  # noqa: TC003 - as said
from typing import Annotated, Literal, Protocol

from msgspec import Meta

from rpc_worker import Struct


class Tag(Struct):
    name: str


class SetsAPI(Protocol):
    async def tags(self, tags: set[str]) -> frozenset[Tag]: ...
    async def abstract(self, tags: c.Set[int]) -> c.Set[str | None]: ...
    async def pairs(self, pairs: set[tuple[int, str]]) -> set[Literal["a", "b"]]: ...
    async def days(self, moments: set[dt.datetime]) -> set[dt.date]: ...
    async def few(self, tags: Annotated[set[str], Meta(max_length=3)]) -> None: ...
