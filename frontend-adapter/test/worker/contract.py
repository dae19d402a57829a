"""What the worker of the tests and their page offer each other: all that a call can be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - read when it runs
from typing import Literal, Protocol

from rpc_worker import Event, Progress, RpcError, raises


class Broken(RpcError, code=7001):  # noqa: N818 - what is broken is Broken in TypeScript as well
    """A stream came no further."""

    at: int


class BackendAPI(Protocol):
    """What the worker offers. Each handler that has a name notes when it begins and ends."""

    said: Event[str]

    async def noted(self, fact: str) -> None:
        """Return when a fact is noted, at once if it is."""
        ...

    async def pid(self) -> int:
        """Return the worker's process."""
        ...

    async def session(self) -> str | None:
        """Return the session that calls."""
        ...

    async def rest(self, name: str) -> None:
        """Wait for ever, in a coroutine."""
        ...

    async def rest_in_thread(self, name: str) -> None:
        """Wait until the call is cancelled, in a thread."""
        ...

    async def rest_in_process(self, port: int) -> None:
        """Wait for ever in a process, which sends its id over a connection and holds that open."""
        ...

    @raises(Broken)
    def count(
        self, name: str, to: int, *, then: Literal["end", "wait", "break"] = "end"
    ) -> AsyncIterator[int]:
        """Count from 0, and then end, wait for ever, or break."""
        ...

    def count_in_thread(self, name: str, to: int) -> AsyncIterator[int]:
        """Count from 0, in a thread."""
        ...

    async def reached(self, name: str) -> int:
        """Return how many items have been made of what counts under this name."""
        ...

    async def take(self, numbers: AsyncIterator[int], most: int) -> list[int]:
        """Return the first of the numbers, and leave the rest."""
        ...

    async def total(self, numbers: AsyncIterator[int]) -> int:
        """Add up numbers as they come."""
        ...

    async def work(self, steps: int, progress: Progress[int]) -> int:
        """Report each step."""
        ...

    async def ask(self, questions: list[str], answer: Callable[[str], Awaitable[int]]) -> list[int]:
        """Return the answers."""
        ...

    async def judge(
        self,
        numbers: AsyncIterator[int],
        answer: Callable[[int], Awaitable[int]],
        progress: Progress[int],
    ) -> list[int]:
        """Return the answers, and report how many there are; all of it in a thread."""
        ...

    async def tell(self, texts: list[str], hear: Callable[[str], None]) -> int:
        """Tell texts, without waiting for anybody, and return how many."""
        ...

    async def confirmed(self, question: str) -> bool:
        """Ask the window."""
        ...

    async def pondered(self, question: str) -> str:
        """Ask the window what it takes long over."""
        ...

    async def picked(self, name: str, most: int) -> list[int]:
        """Return the first of the window's numbers, and leave the rest."""
        ...

    async def descend(self, depth: int) -> int:
        """Have the window call this again, until the depth is 0; return how often it was called."""
        ...

    async def announce(self, text: str, *, here: bool = False) -> None:
        """Send an event, to all windows or only to the one that calls."""
        ...

    async def speak(self, text: str) -> None:
        """Print a text, and log it."""
        ...


class FrontendAPI(Protocol):
    """What the page offers."""

    async def confirm(self, question: str) -> bool:
        """Agree or not."""
        ...

    async def ponder(self, question: str) -> str:
        """Take long."""
        ...

    async def descend(self, depth: int) -> int:
        """Call the worker again, and return how often it was called."""
        ...

    def numbers(self, name: str) -> AsyncIterator[int]:
        """Count from 0, for ever."""
        ...
