"""Two contracts in one folder."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import Struct


class Version(Struct):
    major: int


class HTTPBackendAPI(Protocol):
    async def version(self) -> Version: ...


class Delete(Protocol):
    async def version(self) -> Version: ...


CONTRACTS = ("HTTPBackendAPI", "Delete")
