"""A worker with the methods of `kkrpc-worker.mjs`, for the pages that have called that one."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import AsyncIterator, Callable  # noqa: TC003 - read when it runs
from datetime import datetime, timedelta
from typing import Any, Protocol

from rpc_worker import BigInt, RpcError, Struct, caller, raises, serve


class NotFound(RpcError, code=4004):  # noqa: N818 - what is not found is NotFound in TypeScript as well
    """no such file"""

    path: str


class SystemInfo(Struct):
    runtime: str
    pid: int
    platform: str
    arch: str


class Meeting(Struct):
    title: str
    begins: datetime
    picture: bytes
    seats: BigInt


class Page(Protocol):
    """What the pages offer."""

    async def confirm(self, question: str) -> bool: ...
    async def each(self, values: list[int], told: Callable[[int], None]) -> int: ...
    def letters(self, word: str) -> AsyncIterator[str]: ...
    async def total(self, numbers: AsyncIterator[float]) -> float: ...


class Math:
    async def square(self, x: float) -> float:
        return x * x


class Api:
    math: Math

    def __init__(self) -> None:
        self.math = Math()

    async def add(self, a: float, b: float) -> float:
        return a + b

    async def echo(self, message: Any) -> Any:
        return message

    async def get_system_info(self) -> SystemInfo:
        return SystemInfo("python", os.getpid(), sys.platform, platform.machine())

    async def each(self, values: list[int], callback: Callable[[int], None]) -> int:
        for value in values:
            callback(value)
        return len(values)

    async def fail(self, message: str) -> None:
        raise ValueError(message)

    async def greet(self, name: str, greeting: str = "Hello") -> str:
        return f"{greeting}, {name}"

    async def nothing(self) -> None:
        pass

    async def find(self, name: str) -> str | None:
        return name or None

    async def unique(self, dates: set[datetime]) -> set[datetime]:
        return dates

    async def postpone(self, meeting: Meeting, days: int) -> Meeting:
        begins = meeting.begins + timedelta(days=days)
        return Meeting(meeting.title, begins, meeting.picture[::-1], BigInt(2 * meeting.seats))

    @raises(NotFound)
    async def open(self, path: str) -> None:
        raise NotFound(path)

    async def ask(self, question: str) -> bool:
        return await caller(Page).confirm(question)

    async def ask_each(self, values: list[int]) -> list[int]:
        told: list[int] = []
        await caller(Page).each(values, told.append)
        return told

    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    async def total(self, numbers: AsyncIterator[float]) -> float:
        return sum([number async for number in numbers])

    async def first(self, numbers: AsyncIterator[float]) -> float:
        return await anext(numbers)

    async def spell(self, word: str) -> list[str]:
        return [letter async for letter in caller(Page).letters(word)]

    async def add_up(self, to: int) -> float:
        async def numbers() -> AsyncIterator[float]:
            for number in range(to):
                yield number

        return await caller(Page).total(numbers())


serve(Api(), frontend=Page)
