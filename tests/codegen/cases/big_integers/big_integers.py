"""Integers that no number of JavaScript holds: bigint there, digits on the wire."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import BigInt, Struct


class Account(Struct):
    number: BigInt
    balance: BigInt | None = None
    limit: int = 0
    """Small enough for a number."""


class BigIntegersAPI(Protocol):
    async def factorial(self, number: int) -> BigInt: ...
    async def transfer(
        self,
        source: Account,
        amount: BigInt,
        *,
        fee: BigInt = BigInt(1),  # noqa: B008 - immutable
    ) -> Account: ...
    async def sums(self, numbers: list[BigInt]) -> dict[str, BigInt]: ...
