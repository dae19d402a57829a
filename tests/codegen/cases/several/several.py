"""Contracts in one folder, and class names that are no names for files, types or constants."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import Struct


class Version(Struct):
    major: int


class HTTPBackendAPI(Protocol):
    async def version(self) -> Version: ...


class Delete(Protocol):
    async def version(self) -> Version: ...


class _2DAPI(Protocol):  # noqa: N801, PYI046  # pyright: ignore[reportUnusedClass] - the case
    async def version(self) -> Version: ...


class __(Protocol):  # noqa: N801, PYI046 - as said
    async def version(self) -> Version: ...


class ConAPI(Protocol):
    async def version(self) -> Version: ...


CONTRACTS = ("HTTPBackendAPI", "Delete", "_2DAPI", "__", "ConAPI")
