"""Classes of one name from several modules: what stands before it tells them apart."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import raises
from tests.codegen.cases.same_names import cart, orders


class SameNamesAPI(Protocol):
    @raises(cart.NotFound)
    async def add(self, item: cart.Item) -> cart.State: ...
    @raises(orders.NotFound, cart.NotFound)
    async def order(self, number: int, state: orders.State) -> tuple[cart.Item, orders.Item]: ...
    async def all(self) -> list[orders.Order]: ...
