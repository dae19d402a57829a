"""What is to be bought."""

from __future__ import annotations

from enum import Enum

from rpc_worker import RpcError, Struct


class Item(Struct):
    """What may be bought."""

    name: str
    amount: int = 1


class State(Enum):
    EMPTY = "empty"
    FULL = "full"


class NotFound(RpcError, code=1):  # noqa: N818 - errors of a contract have such names
    """It is not in the cart."""

    item: Item
