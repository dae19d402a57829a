"""The two forms in which a type checker holds an implementation against its contract.

Checked, never run. Each `ignore` below is a misfit that a checker must find: both complain of one
that is not needed.
"""

from __future__ import annotations

from typing import Protocol

from rpc_worker import in_thread, inline, serve


class FilesAPI(Protocol):
    async def list(self, path: str) -> list[str]: ...


class API(Protocol):
    files: FilesAPI

    async def add(self, a: float, b: float) -> float: ...

    async def now(self) -> float: ...


class Files:
    async def list(self, path: str) -> list[str]:
        return [path]


# ------------------------------------------------------------------ the class inherits the contract


class Backend(API):
    files: FilesAPI

    def __init__(self) -> None:
        self.files = Files()

    @in_thread
    def add(self, a: float, b: float) -> float:
        return a + b

    @inline
    def now(self) -> float:
        return 0.0


class WrongParameter(API):
    async def add(self, a: float, b: str) -> float:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
        return a + len(b)


class WrongResult(API):
    async def add(self, a: float, b: float) -> str:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
        return str(a + b)


class NotAwaited(API):
    def add(self, a: float, b: float) -> float:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
        return a + b


class Incomplete(API):
    files: FilesAPI

    async def add(self, a: float, b: float) -> float:
        return a + b


def start_incomplete() -> None:
    serve(Incomplete(), API)  # type: ignore[abstract] # pyright: ignore[reportAbstractUsage]


# ----------------------------------------------------------------- the instance is said to be of it


class Independent:
    def __init__(self) -> None:
        self.files: FilesAPI = Files()

    async def add(self, a: float, b: float) -> float:
        return a + b

    async def now(self) -> float:
        return 0.0


class WithoutFiles:
    async def add(self, a: float, b: float) -> float:
        return a + b

    async def now(self) -> float:
        return 0.0


class WithoutNow:
    files: FilesAPI

    async def add(self, a: float, b: float) -> float:
        return a + b


backend: API = Backend()
independent: API = Independent()
without_files: API = WithoutFiles()  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
without_now: API = WithoutNow()  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]


def start() -> None:
    # `serve` itself promises nothing: it takes any object, and looks at it when it runs.
    serve(WithoutFiles(), API)
