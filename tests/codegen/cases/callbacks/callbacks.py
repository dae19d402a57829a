"""What a method says before it answers, and what it asks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from rpc_worker import Progress, Struct


class Step(Struct):
    name: str
    done: float = 0.0


class CallbacksAPI(Protocol):
    async def checksum(
        self, path: str, progress: Progress[float], *, algorithm: str = "sha256"
    ) -> str:
        """Compute a file's checksum.

        Args:
            path: The file.
            progress: How much of it was read, from 0 to 1.
            algorithm: The hash function.
        """
        ...

    async def only(self, *, report: Progress[Step | None]) -> None: ...
    async def unheard(self, progress: Progress[int] | None = None) -> None: ...
    async def options(self, *, limit: int, progress: Progress[int]) -> None: ...

    async def delete_all(self, paths: list[str], ask: Callable[[str], Awaitable[bool]]) -> int:
        """Delete files.

        Args:
            paths: The files.
            ask: Whether to delete this one.
        """
        ...

    async def found(self, each: Callable[[Step], None]) -> None: ...
    async def settle(self, done: Callable[[], Awaitable[None]]) -> None: ...
    async def ask(self, choose: Callable[[str, Step, int], Awaitable[Step | None]]) -> None: ...
    async def anything(self, value: Callable[[Any], Awaitable[Any]]) -> None: ...
    async def maybe(
        self,
        required: Callable[[int], None] | None,
        ask: Callable[[int], Awaitable[bool]] | None = None,
        *,
        each: Callable[[str], None] | None = None,
    ) -> None: ...
    async def all(
        self,
        numbers: AsyncIterator[int],
        ask: Callable[[int], Awaitable[bool]],
        each: Callable[[int], None],
        progress: Progress[float],
        *,
        limit: int = 10,
    ) -> list[int]: ...
