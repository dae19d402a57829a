"""What type checkers see of streams, progress, callbacks, events and calls back.

Checked, never run. Each `ignore` below is a mistake that a checker must find: both complain of one
that is not needed.
"""
# ruff: noqa: ARG002 - implementations that ignore what they are given

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, assert_type

from rpc_worker import (
    CurrentCall,
    Event,
    Progress,
    caller,
    current_call,
    exclusive,
    in_executor,
    in_process,
    in_thread,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator


class FilesAPI(Protocol):
    changed: Event[str]


class BackendAPI(Protocol):
    files: FilesAPI
    happened: Event[float]

    def tail(self, path: str) -> AsyncIterator[str]: ...
    def search(self, query: str) -> AsyncIterator[str]: ...
    async def total(self, numbers: AsyncIterator[float]) -> float: ...
    async def load(self, path: str, progress: Progress[float]) -> str: ...
    async def delete(
        self, ask: Callable[[str], Awaitable[bool]], told: Callable[[str], None]
    ) -> int: ...
    async def hash(self, path: str) -> str: ...
    async def query(self, text: str) -> list[str]: ...


class FrontendAPI(Protocol):
    async def confirm(self, question: str) -> bool: ...
    def pick(self, title: str) -> AsyncIterator[str]: ...


# ------------------------------------------------------------------------------------ what fits

POOL = ThreadPoolExecutor(1)


class Files(FilesAPI):
    changed: Event[str]


class Backend(BackendAPI):
    files: FilesAPI
    happened: Event[float]

    def __init__(self) -> None:
        self.files = Files()

    async def tail(self, path: str) -> AsyncIterator[str]:
        yield path

    @in_thread
    def search(self, query: str) -> Iterator[str]:
        yield query

    @exclusive
    async def total(self, numbers: AsyncIterator[float]) -> float:
        return sum([number async for number in numbers])

    async def load(self, path: str, progress: Progress[float]) -> str:
        progress.report(1)
        progress.report("half")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a float
        return path

    async def delete(
        self, ask: Callable[[str], Awaitable[bool]], told: Callable[[str], None]
    ) -> int:
        told("begun")
        assert_type(await ask("all?"), bool)
        await ask(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a str
        return 0

    @in_process
    def hash(self, path: str) -> str:
        return path

    @in_executor(POOL)
    def query(self, text: str) -> list[str]:
        return [text]


good: BackendAPI = Backend()


async def used(backend: Backend, api: BackendAPI) -> None:
    assert_type([line async for line in api.tail("x")], list[str])
    assert_type([line async for line in backend.search("x")], list[str])
    assert_type(await backend.total(api_numbers()), float)
    waiting: Coroutine[Any, Any, str] = backend.hash("x")
    await waiting
    await backend.query(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a str
    await backend.happened.emit(1)
    await backend.happened.emit(0.5, to="session")
    await backend.happened.emit("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a float


async def api_numbers() -> AsyncIterator[float]:
    yield 1


# ------------------------------------------------------------------------------- what does not


class NoYield(BackendAPI):
    async def tail(self, path: str) -> AsyncIterator[str]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it has to be awaited
        return api_lines()


class OtherItems(BackendAPI):
    async def tail(self, path: str) -> AsyncIterator[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - a str
        yield 1


class BlockingStream(BackendAPI):
    def search(self, query: str) -> Iterator[str]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - not marked @in_thread
        yield query


class OtherProgress(BackendAPI):
    async def load(self, path: str, progress: Progress[str]) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - of a float
        return path


class OtherEvent(BackendAPI):
    happened: Event[str]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride] - of a float


async def api_lines() -> AsyncIterator[str]:
    yield ""


# ------------------------------------------------------------------------------------ variance

wide: Progress[float] = Progress[float](print)
narrow: Progress[int] = wide
wider: Progress[object] = wide  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - not all are numbers

event: Event[int] = Event()
other: Event[float] = event  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - nobody reads an event as another


# ---------------------------------------------------------------------------------- calls back


async def calls_back() -> None:
    frontend = caller(FrontendAPI)
    assert_type(frontend, FrontendAPI)
    assert_type(await frontend.confirm("sure?"), bool)
    assert_type([path async for path in frontend.pick("some")], list[str])
    await frontend.confirm(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a str
    await caller(FrontendAPI, session="S").ask()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - not in the contract
    assert_type(current_call(), CurrentCall)
    assert_type(current_call().session, str | None)
