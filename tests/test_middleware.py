"""What stands around every handler, wherever that runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator  # noqa: TC003 - a contract's names must exist
from typing import TYPE_CHECKING, Any

import pytest

from rpc_worker import RpcError, current_call, exclusive, in_process, inline
from tests.conversation import DEADLINE, request, talk, turns, until
from tests.running import Run, run

if TYPE_CHECKING:
    from rpc_worker import CurrentCall
    from rpc_worker.middleware import Proceed


class Everywhere:
    async def on_loop(self, number: int) -> int:
        return number

    async def after_suspending(self, number: int) -> int:
        await asyncio.sleep(0)
        return number

    def in_thread(self, number: int) -> int:
        return number

    @inline
    def on_the_spot(self, number: int) -> int:
        return number

    @exclusive
    async def alone(self, number: int) -> int:
        await asyncio.sleep(0)
        return number

    @staticmethod
    @in_process
    def in_process(number: int) -> int:
        return number

    async def wait(self) -> None:
        await asyncio.sleep(DEADLINE)

    async def fail(self) -> None:
        raise ValueError("bad")


METHODS = ["onLoop", "afterSuspending", "inThread", "onTheSpot", "alone", "inProcess"]


@pytest.mark.parametrize("method", METHODS)
def test_middleware_stands_around_every_handler_the_first_outermost(method: str) -> None:
    seen: list[str] = []

    async def outer(call: CurrentCall, proceed: Proceed) -> Any:
        seen.append(f"outer {call.method}")
        assert current_call().id == call.id
        result = await proceed()
        seen.append(f"outer {result}")
        return result + 1000

    async def inner(_call: CurrentCall, proceed: Proceed) -> Any:
        seen.append("inner")
        return await proceed() * 10

    async def main(running: Run) -> None:
        assert await running.ask(method, 7) == 1070
        assert seen == [f"outer {method}", "inner", "outer 70"]
        calls = running.start_all(*[(method, i) for i in range(10)])
        assert [await running.end(call) for call in calls] == [1000 + 10 * i for i in range(10)]

    run(main, Everywhere(), middleware=[outer, inner])


@pytest.mark.parametrize("method", METHODS)
def test_middleware_may_refuse_or_answer_by_itself(method: str) -> None:
    async def gate(call: CurrentCall, proceed: Proceed) -> Any:
        if call.id == 0:
            raise RpcError("not you", code=401)
        return await proceed() if call.id == 1 else "instead"

    async def main(running: Run) -> None:
        with pytest.raises(RpcError, match="not you"):
            await running.ask(method, 1)
        assert await running.ask(method, 2) == 2
        assert await running.ask(method, 3) == "instead"

    run(main, Everywhere(), middleware=[gate])


def test_middleware_sees_what_a_handler_raises_and_wrong_params() -> None:
    async def kind(_call: CurrentCall, proceed: Proceed) -> Any:
        try:
            return await proceed()
        except Exception as error:  # noqa: BLE001 - the test looks at any
            return type(error).__name__

    async def main(running: Run) -> None:
        assert await running.ask("fail") == "ValueError"
        assert await running.ask("onLoop", "no number") == "RpcError"
        assert await running.ask("inThread", "no number") == "RpcError"

    run(main, Everywhere(), middleware=[kind])


class Promising:
    async def number(self) -> int:
        return 1

    async def numbers(self) -> AsyncIterator[int]:
        yield 1

    async def nothing(self) -> None: ...


def test_middleware_that_returns_nothing_is_asked_about() -> None:
    async def forgetful(_call: CurrentCall, proceed: Proceed) -> Any:
        await proceed()

    lines = [request(i, method) for i, method in enumerate(["number", "numbers", "nothing"])]
    answers = {each["id"]: each for each in talk(Promising(), *lines, middleware=[forgetful])}
    hint = "(does a middleware return what proceed() returned?)"
    assert [answers[i].get("error", {}).get("message") for i in range(3)] == [
        f"Result cannot be sent: expected int, got None {hint}",
        f"Result cannot be sent: expected stream of int, got None {hint}",
        None,
    ]
    # Without any, nobody is.
    (answer,) = talk(Forgetful(), request(1, "number"))
    assert answer["error"]["message"] == "Result cannot be sent: expected int, got None"


class Forgetful:
    async def number(self) -> int:
        return None  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - the point


def test_a_cancelled_call_unwinds_through_its_middleware() -> None:
    unwound: list[str] = []

    async def note(_call: CurrentCall, proceed: Proceed) -> Any:
        try:
            return await proceed()
        finally:
            unwound.append("unwound")

    async def main(running: Run) -> None:
        call = running.start("wait")
        await turns(5)
        running.executors.cancel(call)
        with pytest.raises(asyncio.CancelledError):
            await running.end(call)
        assert unwound == ["unwound"]

    run(main, Everywhere(), middleware=[note])


def test_a_cancelled_thread_under_middleware_is_answered_at_once() -> None:
    began, gate, unwound = threading.Event(), threading.Event(), asyncio.Event()

    class Blocking:
        def block(self) -> None:
            began.set()
            assert gate.wait(DEADLINE)

    async def note(_call: CurrentCall, proceed: Proceed) -> Any:
        try:
            return await proceed()
        finally:
            unwound.set()

    async def main(running: Run) -> None:
        call = running.start("block")
        await until(began.is_set)
        running.executors.cancel(call)
        assert call.answered
        await asyncio.wait_for(unwound.wait(), DEADLINE)
        assert running.executors.busy_elsewhere == {call}
        gate.set()
        await until(lambda: not running.executors.busy_elsewhere)

    run(main, Blocking(), middleware=[note])
