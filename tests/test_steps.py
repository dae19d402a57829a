"""Coroutines one after the other in one runner, and the rest of one in its own context."""

from __future__ import annotations

import asyncio
import sys
from contextvars import ContextVar, copy_context
from types import coroutine
from typing import TYPE_CHECKING, Any

import pytest

from rpc_worker.steps import Runner, rest

if TYPE_CHECKING:
    from collections.abc import Generator

PLACE: ContextVar[str] = ContextVar("place")


@coroutine
def ask(what: object) -> Generator[Any, Any, Any]:
    return (yield what)


async def give(value: object) -> object:
    return value


async def fail(error: BaseException) -> None:
    raise error


def test_a_runner_takes_one_after_the_other() -> None:
    runner = Runner()
    for value in (1, None, "two"):
        assert runner.send(give(value)) is None
        assert runner.results.pop() == value
        assert runner.results == []


def test_what_is_waited_for_is_no_result() -> None:
    async def add() -> Any:
        return await ask("one") + await ask("two")

    runner = Runner()
    assert (runner.send(add()), runner.results) == ("one", [])
    assert (runner.send(1), runner.results) == ("two", [])
    assert (runner.send(2), runner.results) == (None, [3])


def test_a_runner_keeps_nothing_of_what_it_has_run() -> None:
    value = object()
    runner = Runner()
    runner.send(give(value))
    assert runner.results.pop() is value
    assert sys.getrefcount(value) == 2


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_is_raised_ends_the_runner(error: BaseException) -> None:
    runner = Runner()
    with pytest.raises(type(error)) as caught:
        runner.send(fail(error))
    assert caught.value is error
    assert runner.results == []
    with pytest.raises(StopIteration):
        runner.send(None)


def test_the_rest_runs_in_its_own_context_to_a_result() -> None:
    seen: list[str] = []
    noted = asyncio.Event()

    async def note() -> str:
        PLACE.set("inside")
        await asyncio.sleep(0)
        seen.append(PLACE.get())
        noted.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            seen.append(PLACE.get())
        return "done"

    async def main() -> None:
        runner, context = Runner(), copy_context()
        PLACE.set("outside")
        awaited = context.run(runner.send, note())
        task = asyncio.create_task(run(runner, context, awaited))
        await noted.wait()
        task.cancel()
        assert await task == "done"
        assert (seen, PLACE.get()) == (["inside", "inside"], "outside")
        runner.send(give("next"))
        assert runner.results == ["next"]

    async def run(runner: Runner, context: Any, awaited: object) -> Any:
        return await rest(runner, context, awaited)

    asyncio.run(main())


def test_closing_the_rest_closes_the_coroutine_in_its_context() -> None:
    seen: list[str] = []

    async def note() -> None:
        PLACE.set("inside")
        try:
            await ask("ever")
        finally:
            seen.append(PLACE.get())

    runner, context = Runner(), copy_context()

    async def run() -> None:
        await rest(runner, context, context.run(runner.send, note()))

    running = run()
    assert running.send(None) == "ever"
    running.close()
    assert seen == ["inside"]
