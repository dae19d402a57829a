"""Declared errors: classes in TypeScript, which `safe` and `catch` can tell apart."""

# pyright: reportDeprecated=false
from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003 - annotations are evaluated at run time
from typing import Protocol

from typing_extensions import deprecated

from rpc_worker import RpcError, Struct, raises

# ruff: noqa: N818 - errors of a contract have such names


class Busy(RpcError, code=4001):
    pass


class NotFound(RpcError, code=4002):
    """There is no such file,
    nor was there ever.

    Look elsewhere.
    """

    path: str
    """Where it was looked for."""
    tried: int


class NoFolder(NotFound, code=4003):
    """There is no such folder."""


class Locked(NotFound, code=4004):
    """Somebody else has it."""

    owner: Owner


@deprecated("Nobody raises it; */ it was @internal.")
class Gone(RpcError, code=4005):
    """It "was" here: `\\n` ${there} */ and @beta."""


class Owner(Struct):
    name: str


class DisksAPI(Protocol):
    @raises(Busy)
    async def eject(self) -> None: ...


class ErrorsAPI(Protocol):
    disks: DisksAPI

    @raises(NotFound, Locked)
    async def open(self, path: str) -> int:
        """Open a file.

        Raises:
            NotFound: The path leads nowhere.
            errors.Locked: It leads where somebody else is.
        """
        ...

    @raises(Busy, NotFound, NoFolder, Locked, Gone)
    async def list(self, folder: str) -> list[str] | None: ...
    @raises(NoFolder)
    def watch(self, folder: str) -> AsyncIterator[str]: ...
    async def close(self, number: int) -> None: ...
