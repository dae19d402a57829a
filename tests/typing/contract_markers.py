"""What type checkers see of the markers. Checked, never run.

Each `ignore` below is a mistake that a checker must find: both complain of one that is not needed.
"""
# ruff: noqa: N818 - errors are called as users call them

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, assert_type

from rpc_worker import BigInt, RpcError, Struct, in_thread, inline, raises

if TYPE_CHECKING:
    from collections.abc import Coroutine


class NotFound(RpcError, code=4004):
    path: str


class Item(Struct):
    name: str
    count: int = 1


class Shape(Struct, tag="shape"):
    sides: int


class API(Protocol):
    async def load(self, path: str) -> str: ...
    @raises(NotFound)
    async def find(self, path: str) -> Item: ...
    async def total(self) -> BigInt: ...


class Backend(API):
    @in_thread
    def load(self, path: str) -> str:
        return path

    @inline
    def find(self, path: str) -> Item:
        return Item(path)

    async def total(self) -> BigInt:
        return BigInt(2**70)


class Wrong:
    def load(self, path: str) -> str:
        return path

    @in_thread
    def find(self, path: int) -> Item:
        return Item(str(path))

    async def total(self) -> BigInt:
        return 3  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - no BigInt


good: API = Backend()
wrong: API = Wrong()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - misfits


async def calls(api: API, backend: Backend) -> None:
    assert_type(await api.find("x"), Item)
    assert_type(await backend.load("x"), str)
    waiting: Coroutine[Any, Any, Item] = backend.find("x")
    await waiting
    await api.find(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a str
    assert_type(await api.total() + 1, int)


def structs() -> None:
    item = Item("x", count=2)
    assert_type(item.name, str)
    assert_type(Shape(3).sides, int)
    item.name = "y"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] - frozen
    Item(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a str


raises(ValueError)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no RpcError
raise NotFound(path="x")
