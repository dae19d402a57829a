"""Who blocks the loop is told, once, and by name. No test here waits for a clock."""

# pyright: reportPrivateUsage=false
# What the channel asks for is called directly.

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import threading
from collections.abc import AsyncIterator, Callable  # noqa: TC003 - a contract's names must exist
from typing import Any

import pytest

from rpc_worker import debugger, inline, watchdog
from rpc_worker.contract import find_contract, read_contract
from rpc_worker.fit import bind
from rpc_worker.watchdog import MISSED, TICK, Watchdog
from tests.conversation import DEADLINE, turns


class Time:
    """A clock that only a watchdog's own waits move, each as much as a test says."""

    def __init__(self, *ticks: float) -> None:
        self.now = 100.0
        self.ticks = list(ticks)
        self.exhausted = threading.Event()

    def clock(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        assert seconds == TICK
        if not self.ticks:
            self.exhausted.set()
            return event.wait(DEADLINE)
        self.now += self.ticks.pop(0)
        return event.is_set()


def through(function: Any) -> Any:
    """Wrap a handler, as users' own decorators do."""

    @functools.wraps(function)
    async def wrapper(*args: Any) -> Any:
        return await function(*args)

    return wrapper


class Blocking:
    """Handlers that have the watchdog look in another thread, and do not go on meanwhile."""

    def __init__(self) -> None:
        self.look: Callable[[], None] = lambda: None

    async def block(self) -> None:
        self.look()

    @through
    async def block_within(self) -> None:
        self.look()

    @inline
    def block_inline(self) -> None:
        self.look()

    async def items(self) -> AsyncIterator[int]:
        self.look()
        yield 1


def line_of(function: Any) -> str:
    """Return where a handler's `self.look()` stands."""
    lines, first = inspect.getsourcelines(inspect.unwrap(function))
    offset = next(i for i, line in enumerate(lines) if "self.look()" in line)
    return f"{__file__}:{first + offset}"


def watch(method: str, *ticks: float, silent: bool = False) -> list[str]:
    """Have a method block the loop for some of the watchdog's ticks; return what is said of it."""
    implementation = Blocking()
    methods = bind(read_contract(find_contract(Blocking)), implementation).methods

    async def main() -> None:
        time = Time(*ticks)
        dog = Watchdog(
            asyncio.get_running_loop(), methods, lambda: True, clock=time.clock, wait=time.wait
        )
        looked = threading.Event()

        def look() -> None:
            dog.look()
            looked.set()

        def block() -> None:
            threading.Thread(target=look, daemon=True).start()
            # Until the watchdog has said what it has to say, and only waits for the end.
            assert said.wait(DEADLINE)

        said = time.exhausted if silent else records.said
        implementation.look = block
        await run(implementation)
        await turns(3)
        assert await asyncio.to_thread(looked.wait, DEADLINE)

    async def run(blocking: Blocking) -> None:
        if method == "items":
            assert [item async for item in blocking.items()] == [1]
        elif method == "nobody":
            blocking.look()
        elif method == "blockInline":
            methods[method].function()
        else:
            await methods[method].function()

    records = Records()
    logger = logging.getLogger("rpc_worker")
    logger.addHandler(records)
    try:
        asyncio.run(main())
    finally:
        logger.removeHandler(records)
    return records.texts


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.said = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
        self.said.set()


@pytest.mark.parametrize(
    ("method", "function", "advice"),
    [
        ("block", Blocking.block, "Write `def` instead of `async def`"),
        ("blockWithin", Blocking.block_within, "Write `def` instead of `async def`"),
        ("blockInline", Blocking.block_inline, "Remove @inline"),
        ("items", Blocking.items, "Write `def` instead of `async def`"),
    ],
)
def test_a_handler_that_blocks_is_named_once_with_its_place_and_what_to_do(
    method: str, function: Any, advice: str
) -> None:
    (text,) = watch(method, *[TICK] * MISSED)
    place = line_of(function)
    assert text.startswith(f"{method} has blocked the event loop for more than 1 s, at {place}")
    assert "(in a call of it, at " in text
    assert advice in text


def test_a_block_outside_of_a_handler_is_told_by_its_place() -> None:
    (text,) = watch("nobody", *[TICK] * MISSED)
    assert text.startswith("something has blocked the event loop for more than 1 s, at ")
    assert "threading.py:" in text


@pytest.mark.parametrize(
    "ticks",
    [[TICK] * (MISSED - 1), [10.0], [TICK, 10.0], [TICK] * (MISSED - 1) + [10.0]],
    ids=["short", "stopped", "stopped later", "stopped late"],
)
def test_what_is_short_or_stands_still_as_a_whole_is_no_alarm(ticks: list[float]) -> None:
    """A stopped process, or a machine that slept: the watchdog's own wait ends late."""
    assert watch("block", *ticks, silent=True) == []


def test_it_is_told_after_a_full_second() -> None:
    assert MISSED * TICK == 1.0


def test_nobody_is_told_of_while_a_debugger_is_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def attached() -> bool:
        asked.set()
        return True

    monkeypatch.setattr(debugger, "attached", attached)

    async def main() -> None:
        time = Time(*[TICK] * MISSED)
        dog = Watchdog(
            asyncio.get_running_loop(), {}, lambda: True, clock=time.clock, wait=time.wait
        )
        looking = threading.Thread(target=dog.look, daemon=True)
        looking.start()
        assert asked.wait(DEADLINE)
        await turns(2)
        await asyncio.to_thread(looking.join, DEADLINE)

    records = Records()
    logging.getLogger("rpc_worker").addHandler(records)
    try:
        asyncio.run(main())
    finally:
        logging.getLogger("rpc_worker").removeHandler(records)
    assert records.texts == []


def test_it_sleeps_while_nothing_is_in_flight_and_watches_again_when_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watchdog, "BEAT", 0)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        busy, rested = [True], asyncio.Event()

        def is_busy() -> bool:
            if not busy[0]:
                rested.set()
            return busy[0]

        dog = Watchdog(loop, {}, is_busy)
        for _ in range(2):
            busy[0] = True
            rested.clear()
            dog.wake()
            assert dog.awake
            busy[0] = False
            await asyncio.wait_for(rested.wait(), DEADLINE)
            await turns(1)
            assert not dog.awake
        assert dog._thread is not None
        dog.close()
        await asyncio.to_thread(dog._thread.join, DEADLINE)
        assert not dog._thread.is_alive()
        dog.wake()
        assert not dog.awake

    asyncio.run(main())
