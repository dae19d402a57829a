"""Where and when handlers run: what one does, the next must not feel."""

# pyright: reportPrivateUsage=false
# The threads' tokens are counted.

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
import json
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import msgspec
import pytest

from rpc_worker import Limits, RpcError, exclusive, inline
from rpc_worker.calls import CURRENT
from rpc_worker.elsewhere import THREADS
from rpc_worker.exclusion import Exclusion
from rpc_worker.executors import BURST, EAGER, Call
from tests.conversation import DEADLINE, Conversation, converse, request, talk, turns, until
from tests.running import Run, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

T = TypeVar("T")

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def results(*answers: Any) -> dict[Any, Any]:
    return {answer["id"]: answer.get("result", answer.get("error")) for answer in answers}


# ----------------------------------------------------------------------------- what handlers see


def _current() -> Call:
    call = CURRENT.get()
    assert call is not None
    return call


class Curious:
    """Handlers that look around, each before and after it suspends."""

    async def leave_mark(self, mark: str) -> str:
        before = variable.get()
        variable.set(mark)
        return before

    async def leave_mark_and_wait(self, mark: str) -> list[str]:
        before = variable.get()
        variable.set(mark)
        await asyncio.sleep(0)
        return [before, variable.get()]

    @inline
    def leave_mark_inline(self, mark: str) -> str:
        before = variable.get()
        variable.set(mark)
        return before

    def leave_mark_in_thread(self, mark: str) -> str:
        before = variable.get()
        variable.set(mark)
        return before

    async def my_task(self) -> bool:
        before = asyncio.current_task()
        await asyncio.sleep(0)
        return before is not None and asyncio.current_task() is before

    async def my_thread(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    @inline
    def inline_thread(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    def thread_thread(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    async def time_out(self) -> str:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(DEADLINE)
        except TimeoutError:
            return "timed out"
        return "not"

    async def scopes(self) -> list[bool]:
        with anyio.move_on_after(0) as scope:
            await asyncio.sleep(DEADLINE)
        with anyio.fail_after(DEADLINE):
            await anyio.lowlevel.checkpoint()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
        return [scope.cancelled_caught]

    async def scope_without_suspending(self) -> bool:
        with anyio.CancelScope() as scope:  # noqa: ASYNC100 - entered and left in one step
            scope.cancel()
        return scope.cancel_called

    async def to_thread(self) -> bool:
        return await anyio.to_thread.run_sync(self.thread_thread)

    def from_thread(self) -> bool:
        return anyio.from_thread.run(self.my_thread)


@pytest.mark.parametrize(
    "method",
    ["leaveMark", "leaveMarkAndWait", "leaveMarkInline", "leaveMarkInThread"],
)
def test_context_variables_are_a_calls_own(method: str) -> None:
    lines = b"".join(request(i, method, [f"mark {i}"]) for i in range(5))
    answers = talk(Curious(), lines)
    if method == "leaveMarkAndWait":
        assert results(*answers) == {i: ["unset", f"mark {i}"] for i in range(5)}
    else:
        assert results(*answers) == dict.fromkeys(range(5), "unset")


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("myTask", True),
        ("myThread", True),
        ("inlineThread", True),
        ("threadThread", False),
        ("timeOut", "timed out"),
        ("scopes", [True]),
        ("scopeWithoutSuspending", True),
        ("toThread", False),
        ("fromThread", True),
    ],
)
def test_a_handler_runs_as_if_it_were_alone(method: str, expected: object) -> None:
    # Several in one chunk, so that the same leader meets them one after the other.
    answers = talk(Curious(), b"".join(request(i, method) for i in range(3)))
    assert results(*answers) == dict.fromkeys(range(3), expected)


# ------------------------------------------------------------------------------ what they raise


class Unspeakable(Exception):  # noqa: N818 - a plain name, as users choose them
    def __str__(self) -> str:
        raise ValueError("no words")


def failure(index: int) -> BaseException:
    """Return a new exception, so that no traceback is shared."""
    made = FAILURES[index]()
    assert isinstance(made, BaseException)
    return made


class Failing:
    """Handlers that fail in every way, on the loop, after suspending, in a thread and inline."""

    async def on_loop(self, index: int) -> None:
        raise failure(index)

    async def after_suspending(self, index: int) -> None:
        await asyncio.sleep(0)
        raise failure(index)

    def in_thread(self, index: int) -> None:
        raise failure(index)

    @inline
    def on_the_spot(self, index: int) -> None:
        raise failure(index)

    async def fine(self) -> str:
        return "fine"


def recurse() -> BaseException:
    return recurse()


def unencodable() -> RpcError:
    return RpcError("bad data", data=object())


FAILURES: list[Any] = [
    lambda: ValueError("bad"),
    lambda: ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    lambda: BaseExceptionGroup("several", [KeyboardInterrupt()]),
    KeyboardInterrupt,
    lambda: SystemExit(3),
    asyncio.CancelledError,
    recurse,
    Unspeakable,
    StopIteration,
    StopAsyncIteration,
    GeneratorExit,
    lambda: RpcError("mine", code=7, data={"a": 1}),
    lambda: ValueError("\ud800"),
    unencodable,
]
CODES = [-32603] * 11 + [7, -32603, -32003]
NAMES = [
    "ValueError", "ExceptionGroup", "BaseExceptionGroup", "KeyboardInterrupt", "SystemExit",
    "CancelledError", "RecursionError", "Unspeakable", "StopIteration", "StopAsyncIteration",
    "GeneratorExit", "RpcError", "ValueError", "object",
]  # fmt: skip


@pytest.mark.parametrize("method", ["onLoop", "afterSuspending", "inThread", "onTheSpot"])
@pytest.mark.parametrize("debug", [False, True], ids=["plain", "debug"])
def test_whatever_a_handler_raises_is_one_error_and_the_next_call_works(
    method: str, debug: bool
) -> None:
    for index, (code, name) in enumerate(zip(CODES, NAMES, strict=True)):
        answers = talk(Failing(), request(1, method, [index]) + request(2, "fine"), debug=debug)
        outcome = results(*answers)
        assert outcome[2] == "fine"
        error = outcome[1]
        assert error["code"] == code, error
        if code == -32603:
            # A coroutine cannot let StopIteration out: Python itself makes it a RuntimeError.
            kinds = {name, "RuntimeError"} if name == "StopIteration" else {name}
            assert error["data"]["type"] in kinds
            assert ("stack" in error["data"]) == debug
            assert error["message"].startswith("Internal error: ")


class Hostile(dict[str, int]):
    """A value whose own methods raise whatever a test says."""

    def __init__(self, index: int) -> None:
        super().__init__(a=1)
        self.index = index

    def items(self) -> Any:
        raise failure(self.index)

    def __iter__(self) -> Any:
        raise failure(self.index)


class Giving:
    async def on_loop(self, index: int) -> Any:
        return Hostile(index)

    async def after_suspending(self, index: int) -> Any:
        await asyncio.sleep(0)
        return Hostile(index)

    def in_thread(self, index: int) -> Any:
        return Hostile(index)

    @inline
    def on_the_spot(self, index: int) -> Any:
        return Hostile(index)

    async def as_data(self, index: int) -> None:
        raise RpcError("boo", code=5, data=Hostile(index))

    async def fine(self) -> str:
        return "fine"


@pytest.mark.parametrize("method", ["onLoop", "afterSuspending", "inThread", "onTheSpot", "asData"])
def test_whatever_a_value_raises_when_it_is_sent_is_one_error_and_the_next_call_works(
    method: str,
) -> None:
    for index in range(len(FAILURES)):
        answers = talk(Giving(), request(1, method, [index]) + request(2, "fine"))
        outcome = results(*answers)
        assert outcome[2] == "fine"
        assert isinstance(outcome[1]["code"], int)


def test_a_task_that_is_cancelled_after_its_handler_has_ended_stops_nobody() -> None:
    class Keeping:
        task: asyncio.Task[Any] | None = None

        async def keep(self) -> None:
            self.task = asyncio.current_task()

        @inline
        def cancel(self) -> None:
            assert self.task is not None
            self.task.cancel()

        async def fine(self) -> str:
            return "fine"

    async def main(conversation: Conversation) -> list[bytes]:
        for identity, method in enumerate(["keep", "cancel", "fine"]):
            await conversation.say(request(identity, method))
            await turns(3)
        return await conversation.say(request(3, "fine"))

    answers = [json.loads(line) for line in converse(main, Keeping())]
    assert results(*answers) == {0: None, 1: None, 2: "fine", 3: "fine"}


def test_a_task_that_was_cancelled_and_uncancelled_does_not_cancel_the_next_handler() -> None:
    class Wavering:
        async def waver(self) -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            task.uncancel()

        async def wait(self) -> str:
            await asyncio.sleep(0)
            return "waited"

    answers = talk(Wavering(), request(1, "waver") + request(2, "wait"))
    assert results(*answers) == {1: None, 2: "waited"}


def test_a_thread_that_was_cancelled_before_it_began_does_not_begin() -> None:
    ran: list[int] = []

    class Late:
        def run(self) -> None:
            ran.append(1)

    async def main(conversation: Conversation) -> None:
        def feed() -> None:
            conversation.channel.receive(request(1, "run"))
            conversation.channel.cancel_all()

        asyncio.get_running_loop().call_soon(feed)
        (line,) = await conversation.output.until(1)
        assert json.loads(line)["error"] == CANCELLED
        await turns(5)

    converse(main, Late())
    assert ran == []


def test_a_handler_that_cancels_its_own_task_does_not_cancel_the_next() -> None:
    class Suicidal:
        async def cancel_myself(self) -> str:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return "done"

        async def wait(self) -> str:
            await asyncio.sleep(0)
            return "waited"

    lines = request(1, "cancelMyself") + request(2, "wait") + request(3, "wait")
    assert results(*talk(Suicidal(), lines)) == {1: "done", 2: "waited", 3: "waited"}


# ------------------------------------------------------------------------------- order and turns


def test_handlers_start_in_the_order_of_their_requests_however_they_run() -> None:
    started: list[int] = []

    class Mixed:
        async def on_loop(self, index: int) -> None:
            started.append(index)

        async def waiting(self, index: int) -> None:
            started.append(index)
            await asyncio.sleep(0)

        @inline
        def on_the_spot(self, index: int) -> None:
            started.append(index)

    methods = ["onLoop", "waiting", "onTheSpot", "waiting", "onTheSpot", "onLoop"] * 50
    lines = b"".join(request(i, method, [i]) for i, method in enumerate(methods))
    assert len(talk(Mixed(), lines)) == 300
    assert started == list(range(300))


@pytest.mark.parametrize("method", ["onLoop", "onTheSpot"])
def test_the_loop_gets_its_turn_after_a_burst(method: str) -> None:
    done: list[int] = []

    class Quick:
        async def on_loop(self) -> None:
            done.append(1)

        @inline
        def on_the_spot(self) -> None:
            done.append(1)

    async def main(conversation: Conversation) -> None:
        loop = asyncio.get_running_loop()
        seen: list[int] = []

        def look() -> None:
            seen.append(len(done))
            if len(done) < 10 * BURST:
                loop.call_soon(look)

        loop.call_soon(look)
        await conversation.say(b"".join(request(i, method) for i in range(10 * BURST)))
        steps = [b - a for a, b in itertools.pairwise(seen)]
        assert max(steps) <= BURST
        # As many replies a write, too.
        assert conversation.output.writes >= 10

    converse(main, Quick())


def test_threads_run_side_by_side_and_the_loop_goes_on() -> None:
    barrier = threading.Barrier(4, timeout=DEADLINE)

    class Meeting:
        def meet(self) -> int:
            return barrier.wait()

        async def quick(self) -> str:
            return "quick"

    lines = b"".join(request(i, "meet") for i in range(4)) + request(4, "quick")
    answers = talk(Meeting(), lines)
    assert answers[0] == {"jsonrpc": "2.0", "id": 4, "result": "quick"}
    assert sorted(answer["result"] for answer in answers[1:]) == [0, 1, 2, 3]


@pytest.mark.parametrize("limit", [1, 3])
def test_threads_count_as_running(limit: int) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    class Counting:
        def count(self) -> None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            with lock:
                now[0] -= 1

    lines = b"".join(request(i, "count") for i in range(50))
    assert len(talk(Counting(), lines, limits=Limits(running=limit))) == 50
    assert most[0] <= limit


def test_calls_that_end_in_any_order_are_all_answered() -> None:
    class Waiting:
        def __init__(self) -> None:
            self.waiting: list[asyncio.Future[None]] = []

        async def wait(self, index: int) -> int:
            future = asyncio.get_running_loop().create_future()
            self.waiting.append(future)
            await future
            return index

    waiting = Waiting()
    count = 20_000

    async def main(conversation: Conversation) -> list[bytes]:
        lines = b"".join(request(i, "wait", [i]) for i in range(count))
        talking = asyncio.create_task(conversation.say(lines))
        await until(lambda: len(waiting.waiting) == count)
        for future in waiting.waiting[::2] + waiting.waiting[::-2]:
            if not future.done():
                future.set_result(None)
        return await talking

    lines = converse(main, waiting, limits=Limits(running=count))
    answers = [json.loads(line) for line in lines]
    assert {answer["id"]: answer["result"] for answer in answers} == {i: i for i in range(count)}


# -------------------------------------------------------------------------------------- cancelling


class Stubborn:
    """Handlers that a test cancels."""

    def __init__(self) -> None:
        self.unwound = asyncio.Event()
        self.thread_may_end = threading.Event()
        self.thread_started = threading.Event()

    async def wait(self) -> None:
        try:
            await asyncio.sleep(DEADLINE)
        finally:
            self.unwound.set()

    async def return_all_the_same(self) -> str:
        try:
            await asyncio.sleep(DEADLINE)
        except asyncio.CancelledError:
            return "a result"
        return "never"

    async def never_unwind(self) -> None:
        while not self.unwound.is_set():
            try:
                await self.unwound.wait()
            except asyncio.CancelledError:
                continue

    def block(self) -> None:
        self.thread_started.set()
        assert self.thread_may_end.wait(DEADLINE)


CANCELLED = {"code": -32800, "message": "Cancelled"}


@pytest.mark.parametrize(
    ("method", "expected"), [("wait", CANCELLED), ("returnAllTheSame", "a result")]
)
def test_a_cancelled_coroutine_is_answered_when_it_has_unwound(
    method: str, expected: object
) -> None:
    async def main(conversation: Conversation) -> Any:
        talking = asyncio.create_task(conversation.say(request(1, method)))
        await turns(5)
        conversation.channel.cancel_all()
        conversation.channel.cancel_all()
        return [json.loads(line) for line in await talking]

    assert results(*converse(main, Stubborn())) == {1: expected}


def test_what_waits_for_its_turn_is_cancelled_without_being_started() -> None:
    async def main(conversation: Conversation) -> Any:
        lines = request(1, "wait") + request(2, "wait") + request(3, "wait")
        talking = asyncio.create_task(conversation.say(lines))
        await turns(5)
        conversation.channel.cancel_all()
        return [json.loads(line) for line in await talking]

    answers = converse(main, Stubborn(), limits=Limits(running=1))
    assert results(*answers) == dict.fromkeys((1, 2, 3), CANCELLED)


def test_a_cancelled_thread_is_answered_at_once_and_counted_until_it_ends() -> None:
    stubborn = Stubborn()

    async def main(conversation: Conversation) -> None:
        talking = asyncio.create_task(conversation.say(request(1, "block")))
        await until(stubborn.thread_started.is_set)
        conversation.channel.cancel_all()
        lines = await talking
        assert results(*map(json.loads, lines)) == {1: CANCELLED}
        assert conversation.channel.busy_elsewhere == 1
        stubborn.thread_may_end.set()
        await until(lambda: not conversation.channel.busy_elsewhere)
        await turns(3)

    converse(main, stubborn)


def test_a_cancelled_thread_keeps_its_place_until_it_ends() -> None:
    """No more run at a time than may, whether or not anybody waits for them."""
    stubborn = Stubborn()

    async def main(conversation: Conversation) -> None:
        blocking = b"".join(request(i, "block") for i in range(THREADS))
        talking = asyncio.create_task(conversation.say(blocking))
        await until(lambda: conversation.channel.busy_elsewhere == THREADS)
        limiter: Any = conversation.channel._executors._elsewhere._limiter
        conversation.channel.cancel_all()
        assert len(await talking) == THREADS
        # They come and go, and one stays to wait for its turn.
        cancelled = asyncio.create_task(conversation.say(request("late", "block")))
        await until(lambda: limiter.statistics().tasks_waiting == 1)
        conversation.channel.cancel_all()
        await cancelled
        conversation.feed(request("last", "block"))
        await until(lambda: limiter.statistics().tasks_waiting == 1)
        assert limiter.borrowed_tokens == conversation.channel.busy_elsewhere == THREADS
        stubborn.thread_may_end.set()
        lines = await conversation.output.until(THREADS + 2)
        assert json.loads(lines[-1]) == {"jsonrpc": "2.0", "id": "last", "result": None}
        await until(lambda: not limiter.borrowed_tokens)

    converse(main, stubborn)


def test_a_coroutine_that_does_not_unwind_is_answered_after_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rpc_worker.executors.UNWINDING", 0.01)
    stubborn = Stubborn()

    async def main(conversation: Conversation) -> None:
        talking = asyncio.create_task(conversation.say(request(1, "neverUnwind")))
        await turns(5)
        conversation.channel.cancel_all()
        assert results(*map(json.loads, await talking)) == {1: CANCELLED}
        stubborn.unwound.set()
        await turns(5)
        assert len(conversation.output.lines) == 1

    converse(main, stubborn)


@pytest.mark.parametrize("timeout", [{}, {"timeoutMs": 500}, {"timeoutMs": 60_000}], ids=str)
def test_nothing_holds_a_cancelled_call_once_it_has_unwound(timeout: dict[str, int]) -> None:
    async def main(conversation: Conversation) -> None:
        talking = asyncio.create_task(conversation.say(request(1, "wait", **timeout)))
        await turns(5)
        call: Any = conversation.channel.find_in_flight(b"1")
        before = call.timer
        conversation.channel.cancel(call)
        timer = call.timer
        # The nearer one is kept: that of the deadline may be.
        assert (timer is before) == (timeout == {"timeoutMs": 500})
        assert before in {None, timer} or before.cancelled()
        assert results(*map(json.loads, await talking)) == {1: CANCELLED}
        assert call.timer is None
        assert timer.cancelled()

    converse(main, Stubborn())


@pytest.mark.parametrize("method", ["wait", "block"])
def test_what_is_answered_at_once_is_written_though_a_handler_goes_on(method: str) -> None:
    stubborn = Stubborn()

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, method) + request(2, "system.ping"))
        (line,) = await conversation.output.until(1)
        assert json.loads(line)["id"] == 2
        conversation.channel.cancel_all()
        stubborn.thread_may_end.set()
        await conversation.output.until(2)
        await until(lambda: not conversation.channel.busy_elsewhere)
        await turns(3)

    converse(main, stubborn)


def test_eager_leaders_are_used_where_there_are_any() -> None:
    assert hasattr(asyncio, "eager_task_factory") == EAGER


@pytest.mark.parametrize(
    ("method", "runs_on"), [("wait", False), ("neverUnwind", False), ("block", True)]
)
def test_a_call_whose_deadline_has_passed_is_answered_at_once(method: str, runs_on: bool) -> None:
    stubborn = Stubborn()

    async def main(running: Run) -> None:
        call = running.start(method)
        await turns(3)
        await until(lambda: method != "block" or stubborn.thread_started.is_set())
        running.executors.expire(call)
        assert (call.expired, call.cancelled, call.answered) == (True, True, True)
        running.executors.expire(call)
        assert (running.executors.busy_elsewhere == {call}) == runs_on
        stubborn.unwound.set()
        stubborn.thread_may_end.set()
        await until(lambda: not running.executors.busy_elsewhere)
        with pytest.raises(asyncio.CancelledError):
            await running.end(call)

    run(main, stubborn)


def test_what_waits_for_its_turn_may_expire_and_does_not_start() -> None:
    async def main(running: Run) -> None:
        first, second = running.start_all(("wait",), ("wait",))
        await turns(5)
        running.executors.expire(second)
        assert second.answered
        running.executors.cancel(first)
        await turns(5)
        assert second.task is None

    run(main, Stubborn(), limits=Limits(running=1))


# ------------------------------------------------------------------------------------- slots


class Peer:
    """Handlers that wait for their peer, and a peer that answers when a test says."""

    def __init__(self) -> None:
        self.running: Run | None = None
        self.asked: list[asyncio.Future[None]] = []
        self.started = 0
        self.order: list[bytes | None] = []
        self.somebody = False
        self.go_on = asyncio.Event()

    @contextlib.contextmanager
    def _waiting(self) -> Generator[None]:
        assert self.running is not None
        executors, call = self.running.executors, _current()
        executors.give_up_slot(call)
        try:
            yield
        finally:
            executors.take_slot(call)

    async def question(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self.asked.append(future)
        with self._waiting():
            await future

    def answer(self) -> None:
        self.asked.pop(0).set_result(None)

    # --------------------------------------------------------------------------- handlers

    async def at_once(self) -> None:
        self.started += 1
        await self.question()

    async def after_suspending(self) -> None:
        self.started += 1
        await asyncio.sleep(0)
        await self.question()

    async def twice_at_once(self) -> None:
        self.started += 1
        await asyncio.gather(self.question(), self.question())

    async def nested(self) -> None:
        self.started += 1
        with self._waiting():
            await self.question()
            await asyncio.sleep(0)

    async def without_suspending(self) -> None:
        self.started += 1
        with self._waiting(), self._waiting():
            pass

    async def in_the_background(self) -> None:
        self.started += 1
        self.task = asyncio.create_task(self.question())
        await asyncio.sleep(0)

    def in_thread(self) -> None:
        self.started += 1
        anyio.from_thread.run(self.question)

    async def hold(self) -> None:
        self.started += 1
        await self.go_on.wait()

    @exclusive
    async def alone(self) -> None:
        with self._being_alone():
            await self.go_on.wait()

    @exclusive
    async def alone_and_asking(self) -> None:
        self.started += 1
        await self.question()

    @exclusive
    async def alone_and_quick(self) -> None:
        with self._being_alone():
            self.started += 0

    @exclusive
    def alone_in_thread(self) -> None:
        with self._being_alone():
            anyio.from_thread.run(self.go_on.wait)

    @exclusive
    @inline
    def alone_on_the_spot(self) -> None:
        with self._being_alone():
            self.started += 0

    @contextlib.contextmanager
    def _being_alone(self) -> Generator[None]:
        self.started += 1
        self.order.append(_current().id)
        assert not self.somebody
        self.somebody = True
        yield
        self.somebody = False


def serve_peer(main: Callable[[Run, Peer], Awaitable[T]], **options: Any) -> T:
    async def with_peer(running: Run) -> T:
        peer.running = running
        return await main(running, peer)

    peer = Peer()
    return run(with_peer, peer, **options)


@pytest.mark.parametrize(
    ("method", "questions"),
    [("atOnce", 1), ("afterSuspending", 1), ("nested", 1), ("twiceAtOnce", 2), ("inThread", 1)],
)
def test_a_handler_that_waits_for_its_peer_does_not_count_as_running(
    method: str, questions: int
) -> None:
    """However deep they call back, a limit of one is enough."""

    async def main(running: Run, peer: Peer) -> None:
        calls = running.start_all(*[(method,)] * 20)
        await until(lambda: len(peer.asked) == 20 * questions)
        assert peer.started == 20
        while peer.asked:
            peer.answer()
        for call in calls:
            await running.end(call)

    serve_peer(main, limits=Limits(running=1))


@pytest.mark.parametrize("method", ["atOnce", "afterSuspending", "nested", "twiceAtOnce"])
def test_a_handler_counts_again_when_it_goes_on_and_needs_no_free_slot(method: str) -> None:
    async def main(running: Run, peer: Peer) -> None:
        asking = running.start(method)
        await until(lambda: bool(peer.asked))
        held = running.start("hold")
        await until(lambda: peer.started == 2)
        while peer.asked:
            peer.answer()
        # Although the one slot is taken.
        await running.end(asking)
        waiting = running.start("hold")
        await turns(5)
        assert peer.started == 2
        peer.go_on.set()
        await running.end(held)
        await running.end(waiting)

    serve_peer(main, limits=Limits(running=1))


def test_a_wait_that_ends_in_the_first_step_changes_nothing() -> None:
    async def main(running: Run, peer: Peer) -> None:
        held = running.start("hold")
        await until(lambda: peer.started == 1)
        for _ in range(3):
            await running.ask("withoutSuspending")
        more = running.start_all(*[("hold",)] * 2)
        await turns(5)
        assert peer.started == 5
        peer.go_on.set()
        for call in (held, *more):
            await running.end(call)

    serve_peer(main, limits=Limits(running=2))


@pytest.mark.parametrize("ends_first", ["handler", "wait"])
def test_a_task_that_outlives_its_handler_gives_up_nothing(ends_first: str) -> None:
    async def main(running: Run, peer: Peer) -> None:
        asking = running.start("inTheBackground")
        await until(lambda: bool(peer.asked))
        if ends_first == "wait":
            peer.answer()
        await running.end(asking)
        held = running.start_all(*[("hold",)] * 2)
        await until(lambda: peer.started == 2)
        if ends_first == "handler":
            peer.answer()
        await peer.task
        await turns(5)
        assert peer.started == 2
        peer.go_on.set()
        for call in held:
            await running.end(call)

    serve_peer(main, limits=Limits(running=1))


@pytest.mark.parametrize("how", ["cancel", "expire"])
@pytest.mark.parametrize("method", ["atOnce", "twiceAtOnce", "nested", "inThread"])
def test_a_handler_that_ends_while_it_waits_leaves_no_slot_behind(method: str, how: str) -> None:
    async def main(running: Run, peer: Peer) -> None:
        calls = running.start_all(*[(method,)] * 3)
        await until(lambda: peer.started == 3 and len(peer.asked) >= 3)
        for call in calls:
            getattr(running.executors, how)(call)
        for call in calls:
            with pytest.raises(asyncio.CancelledError):
                await running.end(call)
        while peer.asked:
            future = peer.asked.pop()
            if not future.done():
                future.set_result(None)
        await until(lambda: not running.executors.busy_elsewhere)
        await until(lambda: not any(call.waits for call in calls))
        await turns(3)

    serve_peer(main, limits=Limits(running=1))


def test_more_threads_than_there_are_tokens_may_wait_for_their_peer() -> None:
    async def main(running: Run, peer: Peer) -> None:
        calls = running.start_all(*[("inThread",)] * (THREADS + 5))
        await until(lambda: len(peer.asked) == THREADS + 5)
        while peer.asked:
            peer.answer()
        for call in calls:
            await running.end(call)

    serve_peer(main)


def test_a_thread_that_rests_lets_another_one_run() -> None:
    gate = threading.Event()

    async def main(running: Run, peer: Peer) -> None:
        executors = running.executors

        def drive() -> str:
            executors.rest(lambda: gate.wait(DEADLINE))
            return "rested"

        drives = [asyncio.create_task(executors.run_in_thread(drive)) for _ in range(THREADS + 1)]
        call = running.start("inThread")
        await until(lambda: bool(peer.asked))
        gate.set()
        peer.answer()
        await running.end(call)
        assert await asyncio.gather(*drives) == ["rested"] * (THREADS + 1)

    serve_peer(main)


def test_what_a_waiting_handler_has_set_reaches_no_other() -> None:
    """Who makes room for the next call runs in a context of its own."""

    class Marking(Peer):
        async def mark(self, mark: str) -> str:
            before = variable.get()
            variable.set(mark)
            await self.question()
            return before

    async def main(running: Run) -> None:
        marking.running = running
        calls = running.start_all(*[("mark", str(index)) for index in range(5)])
        await until(lambda: len(marking.asked) == 5)
        while marking.asked:
            marking.answer()
        assert [await running.end(call) for call in calls] == ["unset"] * 5

    marking = Marking()
    run(main, marking, limits=Limits(running=1))


# --------------------------------------------------------------------------------- exclusive


@pytest.mark.parametrize("method", ["alone", "aloneInThread"])
def test_exclusive_calls_run_one_at_a_time_in_order_and_others_beside_them(method: str) -> None:
    async def main(running: Run, peer: Peer) -> None:
        names = [method, "aloneAndQuick", method, "aloneOnTheSpot", method]
        calls = running.start_all(*[(name,) for name in names])
        await until(lambda: peer.started == 1)
        await running.ask("withoutSuspending")
        assert peer.started == 2
        assert running.executors.waiting == 4
        assert running.executors.backlog == sum(call.size for call in calls[1:])
        peer.go_on.set()
        for call in calls:
            await running.end(call)
        assert peer.order == [call.id for call in calls]

    serve_peer(main)


def test_an_exclusive_call_that_waits_for_its_peer_lets_another_one_run() -> None:
    async def main(running: Run, peer: Peer) -> None:
        calls = running.start_all(*[("aloneAndAsking",)] * 3, ("alone",), ("aloneAndQuick",))
        await until(lambda: peer.started == 4)
        assert len(peer.asked) == 3
        peer.answer()
        # It needs nobody's leave to go on.
        await running.end(calls[0])
        await turns(3)
        assert peer.started == 4
        peer.go_on.set()
        await running.end(calls[4])
        while peer.asked:
            peer.answer()
        for call in calls:
            await running.end(call)

    serve_peer(main, limits=Limits(running=2))


@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_a_cancelled_exclusive_call_that_waits_is_answered_at_once_and_leaves_the_queue(
    how: str,
) -> None:
    async def main(running: Run, peer: Peer) -> None:
        calls = running.start_all(*[("alone",)] * 4)
        await until(lambda: peer.started == 1 and not running.executors.queue)
        getattr(running.executors, how)(calls[2])
        assert calls[2].answered
        assert running.executors.waiting == 2
        assert running.executors.backlog == calls[1].size + calls[3].size
        peer.go_on.set()
        await running.end(calls[3])
        assert peer.started == 3

    serve_peer(main)


def test_the_next_exclusive_call_may_be_cancelled_between_its_admission_and_its_start() -> None:
    async def main(running: Run, peer: Peer) -> None:
        calls = running.start_all(*[("alone",)] * 3)
        await until(lambda: peer.started == 1)
        running.executors.blocked = True
        peer.go_on.set()
        await running.end(calls[0])
        await turns(3)
        for call in calls[1:]:
            if not call.answered and call in running.executors.queue:
                running.executors.cancel(call)
        running.executors.blocked = False
        running.executors.resume()
        await running.end(calls[2])

    serve_peer(main)


def test_an_exclusive_call_that_was_let_in_too_late_is_the_next_one() -> None:
    """Who let it in has waited for so short a time that it goes on before that one starts."""
    exclusion = Exclusion()
    handler: Any = None
    first, second, third = calls = [Call(None, handler, msgspec.UNSET, 0) for _ in range(3)]
    assert [exclusion.enter(call) for call in calls] == [True, False, False]
    exclusion.pause(first)
    assert exclusion.admit() is second
    exclusion.go_on(first)
    assert not exclusion.enter(second)
    exclusion.leave(first)
    for call in (second, third):
        assert exclusion.admit() is call
        assert exclusion.enter(call)
        exclusion.leave(call)


def test_an_exclusive_thread_that_was_cancelled_is_alone_until_it_ends() -> None:
    async def main(running: Run, peer: Peer) -> None:
        gate, began = threading.Event(), threading.Event()

        def hold() -> None:
            began.set()
            assert gate.wait(DEADLINE)

        running.handlers["aloneInThread"].function = hold
        first, second = running.start_all(("aloneInThread",), ("aloneAndQuick",))
        await until(began.is_set)
        running.executors.cancel(first)
        await turns(5)
        assert first.answered
        assert not second.answered
        gate.set()
        await running.end(second)
        assert peer.started == 1

    serve_peer(main)


# ------------------------------------------------------------------------- what ends with it


class Thing:
    def __init__(self, ended: list[int], number: int) -> None:
        self._ended = ended
        self._number = number

    def end(self) -> None:
        self._ended.append(self._number)


def test_what_is_attached_to_a_call_ends_with_it_the_last_first() -> None:
    async def main(running: Run, _peer: Peer) -> None:
        call = Call(b"1", running.handlers["hold"], msgspec.Raw(b""), 0)
        call.timer = timer = running.loop.call_later(DEADLINE, call.end)
        ended: list[int] = []
        for number in range(3):
            call.attach(Thing(ended, number))
        assert ended == []
        call.end()
        call.end()
        assert ended == [2, 1, 0]
        assert timer.cancelled()
        assert (call.ended, bool(call.timer)) == (True, False)
        call.attach(Thing(ended, 3))
        assert ended == [2, 1, 0, 3]

    serve_peer(main)
