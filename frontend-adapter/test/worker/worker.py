"""The worker of the tests through a relay: `python worker.py [RUNNING]`, the limit of handlers.

It notes what its handlers come to, so that a test can wait for it rather than guess when it was.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator  # noqa: TC003
from contextlib import contextmanager
from typing import Final, Literal

from contract import BackendAPI, Broken, FrontendAPI

from rpc_worker import (
    Event,
    Limits,
    Progress,
    caller,
    current_call,
    in_process,
    in_thread,
    serve,
)

LOOK: Final = 0.005
"""Seconds between two looks of a thread at whether its call is cancelled."""

logger: Final = logging.getLogger("conversation")


_notes: Final[dict[str, threading.Event]] = {}
_reached: Final[dict[str, int]] = {}


def note(fact: str) -> threading.Event:
    """Return what is set when a fact is known. Called from any thread."""
    return _notes.setdefault(fact, threading.Event())


@contextmanager
def life(name: str) -> Generator[None, None, None]:
    """Note when what has this name begins, and when it ends, however that is."""
    note(f"{name} began").set()
    try:
        yield
    finally:
        note(f"{name} ended").set()


class Backend(BackendAPI):
    """What the worker offers."""

    said: Event[str]

    @in_thread
    def noted(self, fact: str) -> None:
        note(fact).wait()

    async def pid(self) -> int:
        return os.getpid()

    async def session(self) -> str | None:
        return current_call().session

    async def rest(self, name: str) -> None:
        with life(name):
            await asyncio.Event().wait()

    @in_thread
    def rest_in_thread(self, name: str) -> None:
        with life(name):
            call = current_call()
            while not call.cancelled:
                time.sleep(LOOK)

    @in_process
    def rest_in_process(self, port: int) -> None:
        # The system closes it when the process is gone, and not before.
        with socket.create_connection(("127.0.0.1", port)) as held:
            held.sendall(b"%d\n" % os.getpid())
            threading.Event().wait()

    async def count(
        self, name: str, to: int, *, then: Literal["end", "wait", "break"] = "end"
    ) -> AsyncIterator[int]:
        with life(name):
            for number in range(to):
                _reached[name] = number + 1
                yield number
            if then == "wait":
                await asyncio.Event().wait()
            if then == "break":
                raise Broken(to)

    @in_thread
    def count_in_thread(self, name: str, to: int) -> Iterator[int]:
        with life(name):
            for number in range(to):
                _reached[name] = number + 1
                yield number

    async def reached(self, name: str) -> int:
        return _reached[name]

    async def take(self, numbers: AsyncIterator[int], most: int) -> list[int]:
        taken: list[int] = []
        async for number in numbers:
            taken.append(number)
            if len(taken) == most:
                break
        return taken

    async def total(self, numbers: AsyncIterator[int]) -> int:
        total = 0
        async for number in numbers:
            total += number
        return total

    async def work(self, steps: int, progress: Progress[int]) -> int:
        for step in range(steps):
            progress.report(step + 1)
            await asyncio.sleep(0)
        return steps

    async def ask(self, questions: list[str], answer: Callable[[str], Awaitable[int]]) -> list[int]:
        return [await answer(question) for question in questions]

    # In a thread, iterating and calling block; no decorator can say that in types.
    @in_thread
    def judge(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, numbers: Iterator[int], answer: Callable[[int], int], progress: Progress[int]
    ) -> list[int]:
        answers: list[int] = []
        for number in numbers:
            answers.append(answer(number))
            progress.report(len(answers))
        return answers

    async def tell(self, texts: list[str], hear: Callable[[str], None]) -> int:
        for text in texts:
            hear(text)
        return len(texts)

    async def confirmed(self, question: str) -> bool:
        return await caller(FrontendAPI).confirm(question)

    async def pondered(self, question: str) -> str:
        with life(question):
            return await caller(FrontendAPI).ponder(question)

    async def picked(self, name: str, most: int) -> list[int]:
        return await self.take(caller(FrontendAPI).numbers(name), most)

    async def descend(self, depth: int) -> int:
        if depth == 0:
            return 1
        return 1 + await caller(FrontendAPI).descend(depth - 1)

    async def announce(self, text: str, *, here: bool = False) -> None:
        await self.said.emit(text, to=current_call().session if here else None)

    async def speak(self, text: str) -> None:
        print(text)  # noqa: T201 - it strays on purpose
        logger.warning("logged: %s", text)
        logger.debug("not asked for: %s", text)


if __name__ == "__main__":
    running = int(sys.argv[1]) if len(sys.argv) > 1 else Limits().running
    serve(Backend(), frontend=FrontendAPI, limits=Limits(running=running))
