"""Bytes: what comes is an array of its own, what is sent may be a part of any."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import Struct


class Blob(Struct):
    """Goes both ways, and is two types, for what comes can do more."""

    content: bytes
    kind: str


class Folder(Struct):
    """Is two types by what it holds."""

    blobs: dict[str, Blob]


class Sent(Struct):
    """Goes one way, and is one type."""

    parts: list[bytes]


class Received(Struct):
    thumbnail: bytes | None


class BinaryAPI(Protocol):
    async def read(self, path: str) -> bytes: ...
    async def write(self, path: str, content: bytes) -> int: ...
    async def copy(self, blob: Blob) -> Blob: ...
    async def folder(self, folder: Folder) -> Folder: ...
    async def send(self, sent: Sent) -> Received: ...
