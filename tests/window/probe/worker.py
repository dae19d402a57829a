"""The worker behind the probe: one method for each thing that a relay has to carry."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from rpc_worker import Event, Progress, RpcError, caller, current_call, raises, serve


class Refused(RpcError, code=4001):  # noqa: N818 - as it is called in the page
    """It is refused."""

    reason: str


class PageAPI(Protocol):
    """What each page of the probe offers."""

    async def title(self) -> str:
        """Return its window's label."""
        ...


class Probe:
    """Everything that goes over the wire, once."""

    noted: Event[str]
    counted: Event[int]

    def __init__(self) -> None:
        self._left: list[str] = []

    async def pid(self) -> int:
        """Return the worker's process."""
        return os.getpid()

    async def add(self, a: float, b: float) -> float:
        """Add two numbers."""
        return a + b

    async def echo(self, text: str) -> str:
        """Return a text as it came."""
        return text

    @raises(Refused)
    async def refuse(self, reason: str) -> None:
        """Raise what is declared."""
        raise Refused(reason)

    async def count(self, name: str) -> AsyncIterator[int]:
        """Count from 0 on for ever, and keep in mind that it was left."""
        try:
            number = 0
            while True:
                yield number
                number += 1
                await asyncio.sleep(0)
        finally:
            self._left.append(name)

    async def numbers(self, up_to: int) -> AsyncIterator[int]:
        """Count as fast as it goes."""
        for number in range(up_to):
            yield number

    async def tell_numbers(self, up_to: int) -> None:
        """Count by an event a number, to the window that calls."""
        session = current_call().session
        for number in range(up_to):
            await self.counted.emit(number, to=session)

    async def text(self, size: int) -> str:
        """Return a text of a size."""
        return "x" * size

    async def wait(self, name: str, progress: Progress[float]) -> None:
        """Report once, wait for ever, and keep in mind that it was left."""
        progress.report(0.5)
        try:
            await asyncio.Event().wait()
        finally:
            self._left.append(name)

    async def left(self) -> list[str]:
        """Return the names of what was left."""
        return self._left

    async def ask(self, question: str, answer: Callable[[str], Awaitable[str]]) -> str:
        """Call back."""
        return await answer(question)

    async def ask_page(self) -> str:
        """Ask the page that calls."""
        return await caller(PageAPI).title()

    async def note(self, text: str, *, everyone: bool = True) -> None:
        """Emit an event, to all windows or to the one that calls."""
        await self.noted.emit(text, to=None if everyone else current_call().session)

    async def flood(self, size: int, times: int) -> None:
        """Emit many large events, to the window that calls."""
        for _ in range(times):
            await self.noted.emit("x" * size, to=current_call().session)

    async def quit(self, code: int) -> None:
        """End at once, as a crash does."""
        os.write(2, b"the last words\n")
        os._exit(code)


if __name__ == "__main__":
    serve(Probe(), frontend=PageAPI)
