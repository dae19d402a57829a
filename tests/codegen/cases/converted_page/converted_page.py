"""What a page is given is converted, and what it answers, too."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from rpc_worker import BigInt, Progress, RpcError, Struct, raises


class Image(Struct):
    pixels: bytes
    taken: dt.datetime | None = None


class NoCamera(RpcError, code=4001):  # noqa: N818 - errors of a contract have such names
    """The window may not use the camera."""

    since: dt.datetime


class PageAPI(Protocol):
    @raises(NoCamera)
    async def photograph(self, delay: dt.timedelta, *, after: dt.datetime) -> Image: ...
    async def show(self, image: Image, images: list[Image]) -> None: ...
    def frames(self, until: dt.datetime | None = None) -> AsyncIterator[Image]: ...
    async def play(self, chunks: AsyncIterator[bytes]) -> BigInt: ...
    async def edit(
        self,
        edit: Callable[[Image], Awaitable[Image]],
        progress: Progress[dt.timedelta],
        *,
        seen: Callable[[dt.datetime], None] | None = None,
    ) -> dt.datetime | None: ...


class StudioAPI(Protocol):
    async def start(self) -> None: ...


CONTRACTS = ("StudioAPI",)
FRONTEND = "PageAPI"
