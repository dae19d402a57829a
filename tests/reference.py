"""The contract and the implementation that the wire vectors are written for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (  # noqa: TC003 - the contract is read at run time
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
)
from contextlib import aclosing
from typing import Protocol

from rpc_worker import Event, Progress, RpcError, caller, current_call, raises


class NotFound(RpcError, code=4004):  # noqa: N818 - named as its users would
    """There is no such file."""

    path: str


class ReferenceFrontend(Protocol):
    """What the client of the wire vectors offers the worker."""

    async def confirm(self, question: str) -> bool: ...


class TextAPI(Protocol):
    async def upper_case(self, text: str) -> str: ...


class ReferenceAPI(Protocol):
    """What the examples of the JSON-RPC 2.0 specification call, and the rest of the protocol."""

    text: TextAPI
    changed: Event[str]

    async def subtract(self, minuend: int, subtrahend: int) -> int: ...
    async def sum(self, a: int, b: int, c: int) -> int: ...
    async def get_data(self) -> tuple[str, int]: ...
    async def update(self, a: int, b: int, c: int, d: int, e: int) -> None: ...
    async def notify_hello(self, value: int) -> None: ...
    async def notify_sum(self, a: int, b: int, c: int) -> None: ...
    async def nothing(self) -> None: ...
    async def greet(self, name: str, *, punctuation: str = "") -> str: ...
    @raises(NotFound)
    async def open(self, path: str) -> str: ...
    async def refuse(self) -> None: ...
    async def divide(self, a: float, b: float) -> float: ...
    async def wait(self) -> None: ...
    def count(self, to: int) -> AsyncIterator[int]: ...
    def count_then_fail(self, to: int) -> AsyncIterator[int]: ...
    def count_then_wait(self, to: int) -> AsyncIterator[int]: ...
    def count_when_told(self, to: int) -> AsyncIterator[int]: ...
    async def tell(self) -> None: ...
    async def total(self, numbers: AsyncIterator[int]) -> int: ...
    async def first(self, numbers: AsyncGenerator[int, None]) -> int: ...
    async def work(self, steps: int, progress: Progress[int]) -> int: ...
    async def ask_all(self, names: list[str], ask: Callable[[str], Awaitable[bool]]) -> int: ...
    async def tell_all(self, names: list[str], tell: Callable[[str], None]) -> None: ...
    async def ask_frontend(self, question: str) -> bool: ...
    async def change(self, value: str, *, here: bool = False) -> None: ...
    async def log(self, text: str) -> None: ...
    async def warn(self, text: str) -> None: ...
    async def trace(self) -> tuple[str | None, str | None]: ...


class Text:
    async def upper_case(self, text: str) -> str:
        return text.upper()


class Reference(ReferenceAPI):
    changed: Event[str]

    def __init__(self) -> None:
        self.text: TextAPI = Text()
        self._told = asyncio.Event()

    async def subtract(self, minuend: int, subtrahend: int) -> int:
        return minuend - subtrahend

    async def sum(self, a: int, b: int, c: int) -> int:
        return a + b + c

    async def get_data(self) -> tuple[str, int]:
        return ("hello", 5)

    async def update(self, a: int, b: int, c: int, d: int, e: int) -> None:
        pass

    async def notify_hello(self, value: int) -> None:
        pass

    async def notify_sum(self, a: int, b: int, c: int) -> None:
        pass

    async def nothing(self) -> None:
        pass

    async def greet(self, name: str, *, punctuation: str = "") -> str:
        return f"Hello, {name}{punctuation}"

    async def open(self, path: str) -> str:
        raise NotFound(path)

    async def refuse(self) -> None:
        raise RpcError("not today")

    async def divide(self, a: float, b: float) -> float:
        if b == 0:
            raise ValueError("the divisor is zero")
        return a / b

    async def wait(self) -> None:
        await asyncio.Event().wait()

    async def count(self, to: int) -> AsyncIterator[int]:
        for n in range(to):
            yield n

    async def count_then_fail(self, to: int) -> AsyncIterator[int]:
        for n in range(to):
            yield n
        raise RpcError("not today")

    async def count_then_wait(self, to: int) -> AsyncIterator[int]:
        for n in range(to):
            yield n
        await asyncio.Event().wait()

    async def count_when_told(self, to: int) -> AsyncIterator[int]:
        await self._told.wait()
        for n in range(to):
            yield n

    async def tell(self) -> None:
        self._told.set()

    async def total(self, numbers: AsyncIterator[int]) -> int:
        return sum([number async for number in numbers])

    async def first(self, numbers: AsyncGenerator[int, None]) -> int:
        async with aclosing(numbers):
            return await anext(numbers)

    async def work(self, steps: int, progress: Progress[int]) -> int:
        for step in range(1, steps + 1):
            progress.report(step)
        return steps

    async def ask_all(self, names: list[str], ask: Callable[[str], Awaitable[bool]]) -> int:
        return sum([await ask(name) for name in names])

    async def tell_all(self, names: list[str], tell: Callable[[str], None]) -> None:
        for name in names:
            tell(name)

    async def ask_frontend(self, question: str) -> bool:
        return await caller(ReferenceFrontend).confirm(question)

    async def change(self, value: str, *, here: bool = False) -> None:
        await self.changed.emit(value, to=current_call().session if here else None)

    async def log(self, text: str) -> None:
        logging.getLogger("reference").info(text)

    async def warn(self, text: str) -> None:
        logging.getLogger("reference").warning(text)

    async def trace(self) -> tuple[str | None, str | None]:
        trace = current_call().trace
        return (trace.traceparent, trace.tracestate) if trace else (None, None)
