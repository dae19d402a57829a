"""What `current_call()` says, wherever a handler runs, and that no call sees another's."""

from __future__ import annotations

import asyncio
import math
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import anyio.from_thread
import anyio.to_thread
import pytest

from rpc_worker import current_call, inline
from rpc_worker.calls import CURRENT, TRACKING, Trace
from rpc_worker.context import CurrentCall
from rpc_worker.executors import Call
from tests.conversation import turns, until
from tests.running import Run, run

if TYPE_CHECKING:
    from rpc_worker.sessions import Session


class Asking:
    """Handlers that ask who calls, before and after they suspend."""

    def __init__(self) -> None:
        self.later: asyncio.Task[Any] | None = None
        self.go_on = asyncio.Event()

    async def on_loop(self) -> Any:
        return current_call().id

    async def after_suspending(self) -> list[Any]:
        before = current_call().id
        await asyncio.sleep(0)
        return [before, current_call().id]

    async def in_tasks(self) -> list[Any]:
        async def ask() -> Any:
            await asyncio.sleep(0)
            return current_call().id

        return list(await asyncio.gather(ask(), ask()))

    async def in_helper_thread(self) -> Any:
        return await anyio.to_thread.run_sync(lambda: current_call().id)

    def in_thread(self) -> Any:
        return current_call().id

    def from_thread(self) -> Any:
        async def ask() -> Any:
            return current_call().id

        return anyio.from_thread.run(ask)

    @inline
    def on_the_spot(self) -> Any:
        return current_call().id

    async def leave_task(self) -> None:
        async def ask() -> Any:
            await self.go_on.wait()
            return current_call().id

        self.later = asyncio.create_task(ask())

    async def state(self) -> Any:
        return current_call().state

    def state_in_thread(self) -> Any:
        return current_call().state

    @inline
    def state_on_the_spot(self) -> Any:
        return current_call().state


@pytest.mark.parametrize(
    "method",
    [
        *("onLoop", "afterSuspending", "inTasks", "inHelperThread", "inThread", "fromThread"),
        "onTheSpot",
    ],
)
def test_a_handler_finds_its_own_call_among_those_of_one_leader(method: str) -> None:
    async def main(running: Run) -> None:
        calls = running.start_all(*[(method,)] * 20)
        for index, call in enumerate(calls):
            found = await running.end(call)
            assert found == ([index, index] if isinstance(found, list) else index)

    run(main, Asking())


@pytest.mark.parametrize(
    "method",
    ["onLoop", "afterSuspending", "inThread", "fromThread", "onTheSpot", "startsAfterAsking"],
)
def test_a_handler_that_is_the_first_to_ask_finds_its_call(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody had imported what it asks, so no call had been made known to its context."""
    monkeypatch.setattr(TRACKING, "wanted", False)

    class AskingLate(Asking):
        async def starts_after_asking(self) -> list[Any]:
            before = current_call().id
            return [before, *await self.in_tasks()][:2]

    async def main(running: Run) -> None:
        calls = running.start_all(*[(method,)] * 20)
        for index, call in enumerate(calls):
            found = await running.end(call)
            assert found == ([index, index] if isinstance(found, list) else index)
        assert TRACKING.starting is None

    run(main, AskingLate())


def test_who_has_not_asked_in_time_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that its handler started before anybody asked has not got to know its call."""
    monkeypatch.setattr(TRACKING, "wanted", False)

    async def main(running: Run) -> None:
        with pytest.raises(RuntimeError, match="outside of a call"):
            await running.ask("inTasks")

    run(main, Asking())


def test_no_call_leaks_into_the_loops_own_callbacks() -> None:
    """Neither into those that run handlers, nor into what they ask the loop to call."""
    seen: list[object] = []

    class Outside(Run):
        def flush(self) -> None:
            seen.append(CURRENT.get(None))

    async def main() -> None:
        running = Outside(Asking())
        for method in ("onLoop", "afterSuspending", "inThread", "onTheSpot"):
            await asyncio.gather(*map(running.end, running.start_all(*[(method,)] * 40)))
            await turns(3)
        running.executors.close()

    asyncio.run(main())
    assert len(seen) >= 4
    assert set(seen) == {None}
    with pytest.raises(RuntimeError, match="outside of a call"):
        current_call()


def test_a_task_that_outlives_its_handler_keeps_its_call() -> None:
    asking = Asking()

    async def main(running: Run) -> None:
        await running.ask("onLoop")
        await running.ask("leaveTask")
        await running.ask("onLoop")
        asking.go_on.set()
        assert asking.later is not None
        assert await asking.later == 1

    run(main, asking)


@pytest.mark.parametrize("method", ["state", "stateInThread", "stateOnTheSpot"])
@pytest.mark.parametrize("led", [False, True], ids=["plain", "middleware"])
def test_a_handler_finds_what_the_lifespan_yielded(method: str, led: bool) -> None:
    async def through(call: CurrentCall, proceed: Any) -> Any:
        assert call.state == {"database": 1}
        return await proceed()

    async def main(running: Run) -> None:
        assert await running.ask(method) == {"database": 1}

    run(main, Asking(), state={"database": 1}, middleware=[through] if led else [])


class Window:
    """What is asked of a session."""

    name = "S"
    window = "main"

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop


@pytest.mark.parametrize(
    ("text", "identity"),
    [(b'"S:1"', "S:1"), (b"7", 7), (b"1.5", 1.5), (b"null", None), (None, None)],
)
def test_a_view_of_a_call_says_what_it_is(text: bytes | None, identity: object) -> None:
    async def main(running: Run) -> None:
        call = Call(text, running.handlers["onLoop"], cast("Any", None), 0)
        view = CurrentCall(call)
        assert (view.id, view.method, view.cancelled) == (identity, "onLoop", False)
        assert (view.session, view.window, view.trace, view.state) == (None, None, None, None)
        assert (view.deadline, view.time_left) == (None, None)
        call.session = cast("Session", Window(running.loop))
        call.trace = Trace("00-a-b-01", "x=1")
        call.cancelled = True
        assert (view.session, view.window, view.cancelled) == ("S", "main", True)
        assert view.trace == Trace("00-a-b-01", "x=1")
        assert "onLoop" in repr(view)

    run(main, Asking())


def test_a_deadline_is_told_in_the_terms_of_the_monotonic_clock() -> None:
    async def main(running: Run) -> None:
        call = Call(b"1", running.handlers["onLoop"], cast("Any", None), 0)
        call.session = cast("Session", Window(running.loop))
        call.deadline = running.loop.time() + 1000
        view = CurrentCall(call)
        assert view.time_left is not None
        assert view.deadline is not None
        assert math.isclose(view.time_left, 1000, abs_tol=100)
        assert math.isclose(view.deadline - monotonic(), 1000, abs_tol=100)
        call.deadline = running.loop.time() - 1
        assert view.time_left == 0

    run(main, Asking())


def test_a_thread_sees_that_it_was_cancelled() -> None:
    began: list[str] = []

    class Looking:
        def look(self) -> None:
            call = current_call()
            began.append("began")
            while not call.cancelled:
                continue
            began.append("saw it")

    async def main(running: Run) -> None:
        call = running.start("look")
        await until(lambda: bool(began))
        running.executors.cancel(call)
        await until(lambda: not running.executors.busy_elsewhere)
        assert began == ["began", "saw it"]

    run(main, Looking())
