"""A worker whose handlers do what their caller lists, step by step, and tell what came of it.

The machine of `tests/machine.py` plays its clients: in memory, and against this file as a process.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator  # noqa: TC003 - a contract's names must exist
from contextlib import aclosing, contextmanager, suppress
from typing import Any, Protocol

from anyio import from_thread

from rpc_worker import (
    Event,
    Limits,
    Progress,
    RpcError,
    caller,
    current_call,
    exclusive,
    executors,
    serve,
)

PICKED = 3
"""Items after which a handler leaves a stream of the frontend's."""

PARTS = 5
"""Items of the stream that a handler offers the frontend."""

LIMITS = Limits(running=3)
"""Fewer slots than calls: only who waits for nobody but itself may keep one."""


class Page(Protocol):
    async def confirm(self, key: int) -> int: ...
    def pick(self, key: int) -> AsyncIterator[int]: ...
    async def upload(
        self,
        key: int,
        parts: AsyncIterator[int],
        ask: Callable[[int], Awaitable[int]],
        tell: Callable[[int], None],
        progress: Progress[int],
    ) -> int: ...


class PerformerAPI(Protocol):
    changed: Event[int]

    async def add(self, a: int, b: int) -> int: ...
    async def perform(
        self,
        key: int,
        steps: list[str],
        items: AsyncIterator[int] | None = None,
        ask: Callable[[int], Awaitable[int]] | None = None,
        tell: Callable[[int], None] | None = None,
        progress: Progress[int] | None = None,
    ) -> list[str]: ...
    async def perform_in_thread(
        self,
        key: int,
        steps: list[str],
        items: AsyncIterator[int] | None = None,
        ask: Callable[[int], Awaitable[int]] | None = None,
        tell: Callable[[int], None] | None = None,
        progress: Progress[int] | None = None,
    ) -> list[str]: ...
    async def perform_alone(
        self,
        key: int,
        steps: list[str],
        items: AsyncIterator[int] | None = None,
        ask: Callable[[int], Awaitable[int]] | None = None,
        tell: Callable[[int], None] | None = None,
        progress: Progress[int] | None = None,
    ) -> list[str]: ...
    def count(self, key: int, n: int, end: str) -> AsyncIterator[int]: ...
    def count_in_thread(self, key: int, n: int, end: str) -> AsyncIterator[int]: ...
    def relay(self, key: int, items: AsyncIterator[int]) -> AsyncIterator[int]: ...
    async def tally(self) -> dict[str, int]: ...


class Performer(PerformerAPI):
    """Does as it is told.

    Attributes:
        inside: How many of each kind of thing have begun and not come to their `finally` yet.
        made: How many items each stream has made, by the key of its call.
        told: How often a callback of ours was called one way.
    """

    changed: Event[int]

    def __init__(self) -> None:
        self.inside = Counter[str]()
        self.made = Counter[int]()
        self.told = 0

    async def add(self, a: int, b: int) -> int:
        return a + b

    async def tally(self) -> dict[str, int]:
        return {kind: count for kind, count in self.inside.items() if count} | {"told": self.told}

    # ----------------------------------------------------------------------------- step by step

    async def perform(
        self,
        key: int,
        steps: list[str],
        items: AsyncIterator[int] | None = None,
        ask: Callable[[int], Awaitable[int]] | None = None,
        tell: Callable[[int], None] | None = None,
        progress: Progress[int] | None = None,
    ) -> list[str]:
        said: list[str] = []
        with self._inside("perform"):
            for number, step in enumerate(steps):
                try:
                    said += [await self._step(step, key, number, items, ask, tell, progress)]
                except RpcError as error:
                    if step == "fail":
                        raise
                    said += [f"{step}: error {int(error.code)}"]
                finally:
                    # What a handler does at its end may take several passes of the loop.
                    await asyncio.sleep(0)
        return said

    @exclusive
    async def perform_alone(
        self,
        key: int,
        steps: list[str],
        items: AsyncIterator[int] | None = None,
        ask: Callable[[int], Awaitable[int]] | None = None,
        tell: Callable[[int], None] | None = None,
        progress: Progress[int] | None = None,
    ) -> list[str]:
        return await self.perform(key, steps, items, ask, tell, progress)

    async def _step(
        self,
        step: str,
        key: int,
        number: int,
        items: AsyncIterator[int] | None,
        ask: Callable[[int], Awaitable[int]] | None,
        tell: Callable[[int], None] | None,
        progress: Progress[int] | None,
    ) -> str:
        match step:
            case "turn":
                await asyncio.sleep(0)
            case "report" if progress is not None:
                progress.report(number)
            case "tell" if tell is not None:
                tell(number)
            case "ask" if ask is not None:
                return f"ask: {await ask(key)}"
            case "confirm":
                return f"confirm: {await caller(Page).confirm(key)}"
            case "both" if ask is not None:
                both = await asyncio.gather(
                    ask(key), caller(Page).confirm(key), return_exceptions=True
                )
                return f"both: {' '.join(map(_shown, both))}"
            case "take" if items is not None:
                return f"take: {await anext(items, None)}"
            case "leave" if items is not None:
                await items.aclose()  # type: ignore[attr-defined]  # pyright: ignore - it has one
            case "pick":
                return await self._pick(key)
            case "upload":
                return await self._upload(key)
            case "emit":
                await self.changed.emit(key)
            case "emit here":
                await self.changed.emit(key, to=current_call().session)
            case "hold":
                await asyncio.Event().wait()
            case "stubborn":
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            case _:
                return _refuse(step)
        return step

    async def _pick(self, key: int) -> str:
        picked: list[int] = []
        code = 0
        items: Any = caller(Page).pick(key)
        try:
            async with aclosing(items):
                async for item in items:
                    picked.append(item)
                    if len(picked) == PICKED:
                        break
        except RpcError as error:
            code = int(error.code)
        return f"pick: {picked} {code}"

    async def _upload(self, key: int) -> str:
        reports: list[int] = []

        async def increment(value: int) -> int:
            await asyncio.sleep(0)
            return value + 1

        def tell(_value: int) -> None:
            self.told += 1

        result = await caller(Page).upload(
            key, self._parts(), increment, tell, Progress(reports.append)
        )
        return f"upload: {result} {reports}"

    async def _parts(self) -> AsyncIterator[int]:
        with self._inside("parts"):
            for part in range(PARTS):
                yield part

    # ----------------------------------------------------------------------- the same in a thread

    def perform_in_thread(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        self,
        key: int,
        steps: list[str],
        items: Iterator[int] | None = None,
        ask: Callable[[int], int] | None = None,
        tell: Callable[[int], None] | None = None,
        progress: Progress[int] | None = None,
    ) -> list[str]:
        said: list[str] = []
        with self._inside("perform in thread"):
            for number, step in enumerate(steps):
                try:
                    said += [self._step_in_thread(step, key, number, items, ask, tell, progress)]
                except RpcError as error:
                    if step == "fail":
                        raise
                    said += [f"{step}: error {int(error.code)}"]
        return said

    def _step_in_thread(
        self,
        step: str,
        key: int,
        number: int,
        items: Iterator[int] | None,
        ask: Callable[[int], int] | None,
        tell: Callable[[int], None] | None,
        progress: Progress[int] | None,
    ) -> str:
        # In a thread the frontend's methods block, which their types do not say.
        page: Any = caller(Page)
        match step:
            case "report" if progress is not None:
                progress.report(number)
            case "tell" if tell is not None:
                tell(number)
            case "ask" if ask is not None:
                return f"ask: {ask(key)}"
            case "confirm":
                return f"confirm: {page.confirm(key)}"
            case "take" if items is not None:
                return f"take: {next(items, None)}"
            case "leave" if items is not None:
                items.close()  # type: ignore[attr-defined]  # pyright: ignore - it has one
            case "emit":
                from_thread.run(self.changed.emit, key)
            case "hold":
                from_thread.run(_hold)
            case _:
                return _refuse(step)
        return step

    # ---------------------------------------------------------------------------------- streams

    async def count(self, key: int, n: int, end: str) -> AsyncIterator[int]:
        with self._inside("count"):
            for i in range(n):
                self.made[key] += 1
                yield i
            if end == "wait":
                await asyncio.Event().wait()
            _refuse(end)

    def count_in_thread(self, key: int, n: int, end: str) -> Iterator[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        with self._inside("count in thread"):
            for i in range(n):
                self.made[key] += 1
                yield i
            if end == "wait":
                from_thread.run(_hold)
            _refuse(end)

    async def relay(self, key: int, items: AsyncIterator[int]) -> AsyncIterator[int]:
        with self._inside("relay"):
            async for item in items:
                self.made[key] += 1
                yield 2 * item

    @contextmanager
    def _inside(self, kind: str) -> Generator[None]:
        self.inside[kind] += 1
        try:
            yield
        finally:
            self.inside[kind] -= 1


async def _hold() -> None:
    """Wait for a cancel. One that came before this began does not come again."""
    if not current_call().cancelled:
        await asyncio.Event().wait()
    raise asyncio.CancelledError


def _refuse(step: str) -> str:
    if step == "fail":
        raise RpcError("as asked", code=4000)
    if step == "crash":
        raise ValueError("as asked")
    return step


def _shown(outcome: int | BaseException) -> str:
    return f"error {int(outcome.code)}" if isinstance(outcome, RpcError) else f"{outcome}"


if __name__ == "__main__":
    # Nobody waits a second for a handler that does not heed its cancel.
    executors.UNWINDING = 0.0  # type: ignore[misc]  # pyright: ignore[reportConstantRedefinition]
    serve(Performer(), PerformerAPI, frontend=Page, limits=LIMITS)
