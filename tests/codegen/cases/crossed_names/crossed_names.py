"""Types, errors and enumerations that are called like what the generator names itself."""

# ruff: noqa: N818 - errors of a contract have such names
from __future__ import annotations

from enum import Enum
from typing import NewType, Protocol

from rpc_worker import RpcError, Struct, raises

Shop = NewType("Shop", int)
"""Called like the contract's interface."""


class ShopFiles(Struct):
    """Called like a namespace's."""

    name: str


class ShopFilesListOptions(Enum):
    """Called like a method's options."""

    ALL = "all"


class Order(Struct):
    """Has a second form, whose name is taken."""

    number: int
    paid: bool = False


class OrderInput(RpcError, code=1):
    """Called like that form."""


class Lost(RpcError, code=2):
    """Has data, whose name is taken."""

    order: Order


class LostData(Enum):
    """Called like that data."""

    NOTHING = "nothing"


class FilesAPI(Protocol):
    async def list(self, shop: Shop, *, first: int = 0) -> ShopFiles: ...


class ShopAPI(Protocol):
    files: FilesAPI

    @raises(OrderInput, Lost)
    async def order(self, order: Order) -> Order: ...
    async def files_list(self, *, last: int = 0) -> ShopFilesListOptions: ...
    async def lost(self) -> LostData: ...


CONTRACTS = ("ShopAPI",)
