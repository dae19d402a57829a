"""Whatever carries a value converts it: parameters, streams, progress, callbacks, events."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - they are read
from typing import Protocol

from rpc_worker import Event, Progress, RpcError, Struct, raises


class Shot(Struct):
    taken: dt.datetime
    pixels: bytes = b""


class Overexposed(RpcError, code=4001):  # noqa: N818 - errors of a contract have such names
    """Too much light."""

    at: dt.datetime
    shots: list[Shot] = []


class CameraAPI(Protocol):
    shot: Event[Shot]
    ready: Event[dt.datetime | None]
    name: Event[str]


class ConvertedPlacesAPI(Protocol):
    camera: CameraAPI

    async def options(
        self,
        shot: Shot,
        delay: dt.timedelta = dt.timedelta(seconds=2),
        *,
        until: dt.datetime | None = None,
    ) -> dict[str, Shot]: ...
    @raises(Overexposed)
    def shots(self, every: dt.timedelta) -> AsyncIterator[Shot]: ...
    async def upload(self, chunks: AsyncIterator[bytes], *, names: AsyncIterator[str]) -> int: ...
    def both(self, shots: AsyncIterator[Shot] | None) -> AsyncIterator[tuple[int, bytes]]: ...
    async def progress(self, progress: Progress[dt.timedelta]) -> None: ...
    async def ask(self, ask: Callable[[str, Shot, int], Awaitable[Shot | None]]) -> None: ...
    async def given(self, ask: Callable[[int], Awaitable[bytes]]) -> None: ...
    async def taken(self, ask: Callable[[dt.datetime, int], Awaitable[int]]) -> None: ...
    async def done(self, done: Callable[[dt.datetime], Awaitable[None]]) -> None: ...
    async def notice(self, notice: Callable[[int, bytes], None] | None = None) -> None: ...
    @raises(Overexposed)
    async def fails(self) -> None: ...
