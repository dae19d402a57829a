"""The demo's worker: `BackendAPI` on this computer."""

import os
import platform
import sys
from collections.abc import AsyncIterator

from files import Files

from rpc_worker import inline
from shared_api import BackendAPI, FilesAPI, SystemInfo


class Backend(BackendAPI):
    """What the worker offers the frontend."""

    files: FilesAPI

    def __init__(self) -> None:
        self.files = Files()

    async def add(self, a: float, b: float) -> float:
        return a + b

    @inline
    def echo(self, message: str) -> str:
        return message

    async def total(self, numbers: AsyncIterator[float]) -> float:
        total = 0.0
        async for number in numbers:
            total += number
        return total

    async def get_system_info(self) -> SystemInfo:
        runtime = f"{platform.python_implementation()} {platform.python_version()}"
        return SystemInfo(runtime, os.getpid(), sys.platform, platform.machine())
