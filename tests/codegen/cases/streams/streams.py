"""Items that come one after the other, both ways."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import Protocol

from rpc_worker import RpcError, Struct, raises


class Line(Struct):
    text: str
    number: int = 0


class NotFound(RpcError, code=4004):  # noqa: N818 - errors of a contract have such names
    """There is no such file."""

    path: str


class LogsAPI(Protocol):
    def follow(self) -> AsyncIterator[str]: ...


class StreamsAPI(Protocol):
    logs: LogsAPI

    @raises(NotFound)
    def tail(self, path: str, *, lines: int = 10) -> AsyncIterator[str]:
        """Follow a file.

        Args:
            path: The file.
            lines: How many of the last lines to begin with.

        Yields:
            A line without its end.
        """
        ...

    def count(self) -> AsyncGenerator[int, None]: ...
    def maybe(self, depth: int = 1) -> AsyncIterable[Line | None]: ...

    async def total(self, numbers: AsyncIterator[float]) -> float:
        """Add up numbers.

        Args:
            numbers: As they come.
        """
        ...

    def numbered(self, lines: AsyncIterator[Line]) -> AsyncIterator[Line]: ...
    async def join(self, *, parts: AsyncIterator[str], separator: str = ", ") -> str: ...
    async def perhaps(
        self, first: AsyncIterator[int] | None, second: AsyncIterator[int] | None = None
    ) -> None: ...
