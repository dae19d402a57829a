"""What the worker offers."""

from collections.abc import AsyncIterator
from typing import Protocol

from rpc_worker import Struct
from shared_api.files import FilesAPI


class SystemInfo(Struct):
    """Where the worker runs."""

    runtime: str
    """The interpreter and its version, such as `CPython 3.13.0`."""
    pid: int
    """The worker's process."""
    platform: str
    """As Python names it: `linux`, `darwin`, `win32`."""
    arch: str
    """As the platform names it: `x86_64`, `arm64`."""


class BackendAPI(Protocol):
    """What the worker offers the frontend."""

    files: FilesAPI
    """The files of this computer."""

    async def add(self, a: float, b: float) -> float:
        """Add two numbers."""
        ...

    async def echo(self, message: str) -> str:
        """Return the message as it came."""
        ...

    async def total(self, numbers: AsyncIterator[float]) -> float:
        """Add up numbers as they come."""
        ...

    async def get_system_info(self) -> SystemInfo:
        """Tell where the worker runs."""
        ...
