"""What was bought."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypeAliasType

from rpc_worker import RpcError, Struct


class Item(Struct):
    """What was bought."""

    name: str
    price: float


State = TypeAliasType("State", Literal["paid", "sent"])


class NotFound(RpcError, code=2):  # noqa: N818 - errors of a contract have such names
    """There is no such order."""

    number: int


class Archive:
    class Item(Struct):
        """What was bought long ago."""

        number: int


class Order(Struct):
    items: list[Item]
    before: list[Archive.Item]
