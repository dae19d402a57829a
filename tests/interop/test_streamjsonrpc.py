"""A client that is shaped as StreamJsonRpc's talks to a real worker."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.interop.streamjsonrpc import JsonRpc, Marshaled, Progress, RemoteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

pytestmark = pytest.mark.process

CHECKOUT: Final = Path(__file__).parent.parent.parent
DEADLINE: Final = 20.0


def talk(main: Callable[[JsonRpc], Awaitable[None]], **targets: Callable[..., Any]) -> None:
    """Run `main` with a worker; see that it ends well, and that nothing is held for it."""

    async def run() -> None:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.interop.worker"),
            cwd=CHECKOUT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert worker.stdin is not None
        assert worker.stdout is not None
        rpc = JsonRpc(worker.stdout, worker.stdin, **targets)
        try:
            await main(rpc)
            assert rpc.held == 0
        finally:
            worker.stdin.close()
            code = await worker.wait()
            await rpc.reading
        assert code == 0

    asyncio.run(asyncio.wait_for(run(), DEADLINE))


async def numbers(*values: int) -> AsyncIterator[int]:
    for value in values:
        yield value


@pytest.mark.parametrize("count", [0, 1, 2, 5000])
def test_it_enumerates_what_a_method_returns(count: int) -> None:
    async def main(rpc: JsonRpc) -> None:
        values = [value async for value in rpc.enumerate(await rpc.invoke("count", count))]
        assert values == [*range(count)]

    talk(main)


def test_it_leaves_an_enumeration_early() -> None:
    async def main(rpc: JsonRpc) -> None:
        result = await rpc.invoke("count", 1000)
        async with contextlib.aclosing(rpc.enumerate(result)) as values:
            assert await anext(values) == 0
        with pytest.raises(RemoteError) as caught:
            await anext(rpc.enumerate({"token": result["token"]}))
        assert caught.value.code == -32001

    talk(main)


def test_an_enumeration_that_fails_raises_after_its_values() -> None:
    async def main(rpc: JsonRpc) -> None:
        values = rpc.enumerate(await rpc.invoke("countThenFail", 3))
        assert [await anext(values) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(RemoteError, match="not today"):
            await anext(values)

    talk(main)


def test_the_worker_enumerates_an_argument() -> None:
    """The first token is 0, which is none the less a token."""

    async def main(rpc: JsonRpc) -> None:
        assert await rpc.invoke("total", numbers(1, 2, 3)) == 6
        assert await rpc.invoke("total", numbers()) == 0
        assert await rpc.invoke("first", numbers(7, 8)) == 7

    talk(main)


def test_streams_both_ways_at_once() -> None:
    async def main(rpc: JsonRpc) -> None:
        results = await asyncio.gather(
            *(rpc.invoke("total", numbers(*range(n))) for n in range(20)),
            *(rpc.invoke("count", n) for n in range(20)),
        )
        assert results[:20] == [sum(range(n)) for n in range(20)]
        for n, result in enumerate(results[20:]):
            assert [value async for value in rpc.enumerate(result)] == [*range(n)]

    talk(main)


def test_it_hears_progress() -> None:
    async def main(rpc: JsonRpc) -> None:
        progress = Progress()
        assert await rpc.invoke("work", 3, progress) == 3
        assert progress.values == [1, 2, 3]
        assert await rpc.invoke("work", 2, None) == 2

    talk(main)


def test_the_worker_calls_an_object_of_its_during_the_call() -> None:
    async def main(rpc: JsonRpc) -> None:
        asked: list[str] = []

        def ask(name: str) -> bool:
            asked.append(name)
            return name == "b"

        assert await rpc.invoke("askAll", ["a", "b"], Marshaled(invoke=ask)) == 1
        assert asked == ["a", "b"]
        told: list[str] = []
        assert await rpc.invoke("tellAll", ["c", "d"], Marshaled(invoke=told.append)) is None
        assert told == ["c", "d"]

    talk(main)


def test_the_worker_calls_its_methods() -> None:
    def confirm(question: str) -> bool:
        return question == "sure?"

    async def main(rpc: JsonRpc) -> None:
        assert await rpc.invoke("askFrontend", "sure?") is True
        assert await rpc.invoke("askFrontend", "never?") is False

    talk(main, confirm=confirm)


def test_a_method_that_it_lacks_fails_the_handler_that_calls_it() -> None:
    async def main(rpc: JsonRpc) -> None:
        with pytest.raises(RemoteError) as caught:
            await rpc.invoke("askFrontend", "sure?")
        assert caught.value.code == -32603

    talk(main)
