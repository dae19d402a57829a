"""Ours: the methods of the floor, once for each way in which a handler can run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - the contract is read at run time

from rpc_worker import inline, serve


class Bench:
    async def add(self, a: float, b: float) -> float:
        return a + b

    @inline
    def add_inline(self, a: float, b: float) -> float:
        return a + b

    async def add_suspending(self, a: float, b: float) -> float:
        await asyncio.sleep(0)
        return a + b

    def add_in_thread(self, a: float, b: float) -> float:
        return a + b

    async def echo(self, text: str) -> str:
        return text

    async def count(self, up_to: int) -> AsyncIterator[int]:
        for number in range(up_to):
            yield number


serve(Bench())
