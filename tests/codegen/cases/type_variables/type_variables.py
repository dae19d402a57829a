"""Type variables that are called like types, and what they hold."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from rpc_worker import Struct

Item = TypeVar("Item")
Promise = TypeVar("Promise")
T = TypeVar("T")
Bound = TypeVar("Bound", bound="Named")
Either = TypeVar("Either", int, str)


class Named(Struct):
    name: str


class Page(Struct, Generic[Item]):
    items: list[Item]


class Later(Struct, Generic[Promise, T]):
    promise: Promise
    then_: T


class Kept(Struct, Generic[Bound, Either]):
    """Its bounds are Python's affair."""

    named: Bound
    either: Either


class Shop:
    class Item(Struct):
        price: float

    class T(Struct):
        size: str


class TypeVariablesAPI(Protocol):
    async def items(self) -> Page[Shop.Item]: ...
    async def later(self) -> Later[int, Shop.T]: ...
    async def kept(self) -> Kept[Named, str]: ...
