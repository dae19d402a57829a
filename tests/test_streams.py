"""Streams, both ways: what is asked for comes, no more is made, and every one is left properly."""

# pyright: reportPrivateUsage=false
# What nobody may wait for, such as 60 seconds, is made shorter.

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import (  # noqa: TC003 - a contract's names must exist
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
)
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import pytest
from anyio import from_thread

from rpc_worker import Limits, RemoteError, RpcError, caller, current_call, exclusive, producers
from rpc_worker.calls import Call
from rpc_worker.elsewhere import THREADS
from rpc_worker.sources import Source, ThreadItems
from tests.conversation import DEADLINE, turns, until
from tests.peer import Message, Peer, outcome, play, request

NEXT = "$/enumerator/next"
ABORT = "$/enumerator/abort"


class StreamsAPI(Protocol):
    def count(self, n: int) -> AsyncIterator[int]: ...
    def failing(self, k: int) -> AsyncIterator[int]: ...
    def mistyped(self, k: int) -> AsyncIterator[int]: ...
    def texts(self, n: int, size: int) -> AsyncIterator[str]: ...
    def waiting(self) -> AsyncIterator[int]: ...
    def context(self) -> AsyncIterator[str]: ...
    def threaded(self, n: int) -> AsyncIterator[int]: ...
    def busy(self) -> AsyncIterator[int]: ...
    def doubled(self, numbers: AsyncIterator[int]) -> AsyncIterator[int]: ...
    def no_iterator(self) -> AsyncIterator[int]: ...
    async def total(self, numbers: AsyncIterator[int]) -> int: ...
    async def first(self, numbers: AsyncIterator[int]) -> int: ...
    async def total_in_thread(self, numbers: AsyncIterator[int]) -> int: ...
    async def first_in_thread(self, numbers: AsyncIterator[int]) -> int: ...
    async def maybe(self, numbers: AsyncIterator[int] | None = None) -> bool: ...
    async def echo(self, value: Any) -> Any: ...


VARIABLE: ContextVar[str] = ContextVar("variable", default="nobody's")


class Streams(StreamsAPI):
    def __init__(self) -> None:
        self.made = 0
        self.left: list[str] = []
        self.go = asyncio.Queue[int]()
        self.threads: set[int] = set()
        self.kept: list[AsyncIterator[int]] = []

    async def count(self, n: int) -> AsyncIterator[int]:
        try:
            for i in range(n):
                self.made += 1
                yield i
        finally:
            self.left.append("count")

    async def failing(self, k: int) -> AsyncIterator[int]:
        for i in range(k):
            yield i
        raise RpcError("enough", code=4000)

    async def mistyped(self, k: int) -> AsyncIterator[int]:
        for i in range(k):
            yield i
        yield 2**70

    async def texts(self, n: int, size: int) -> AsyncIterator[str]:
        for _ in range(n):
            self.made += 1
            yield "x" * size

    async def waiting(self) -> AsyncIterator[int]:
        try:
            async with asyncio.timeout(DEADLINE):
                while (item := await self.go.get()) >= 0:
                    yield item
        finally:
            await turns(10)
            self.left.append("waiting")

    async def context(self) -> AsyncIterator[str]:
        task = asyncio.current_task()
        VARIABLE.set(current_call().method)
        for _ in range(3):
            yield VARIABLE.get()
            assert asyncio.current_task() is task
            await asyncio.sleep(0)

    def threaded(self, n: int) -> Iterator[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        self.threads.add(threading.get_ident())
        try:
            for i in range(n):
                self.threads.add(threading.get_ident())
                yield i
        finally:
            self.threads.add(threading.get_ident())
            self.left.append("cancelled" if current_call().cancelled else "threaded")

    def busy(self) -> Iterator[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        try:
            while not self.made:
                self.threads.add(threading.get_ident())
                from_thread.check_cancelled()
            yield 1
        finally:
            self.left.append("busy")

    async def doubled(self, numbers: AsyncIterator[int]) -> AsyncIterator[int]:
        async for number in numbers:
            yield 2 * number

    def no_iterator(self) -> AsyncIterator[int]:
        return [1, 2]  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - the point

    async def total(self, numbers: AsyncIterator[int]) -> int:
        self.kept.append(numbers)
        return sum([number async for number in numbers])

    async def first(self, numbers: AsyncIterator[int]) -> int:
        async for number in numbers:
            await numbers.aclose()  # type: ignore[attr-defined]  # pyright: ignore - it has one
            return number
        return -1

    def total_in_thread(self, numbers: Iterator[int]) -> int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        return sum(numbers)

    def first_in_thread(self, numbers: Iterator[int]) -> int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        number = next(numbers)
        numbers.close()  # type: ignore[attr-defined]  # pyright: ignore - it has one
        assert list(numbers) == []
        return number

    async def maybe(self, numbers: AsyncIterator[int] | None = None) -> bool:
        return numbers is not None

    async def echo(self, value: Any) -> Any:
        return value


async def pull(peer: Peer, token: object) -> tuple[list[list[Any]], Any]:
    """Ask for items to the end; return what each answer brought, and the error if there was one."""
    batches: list[list[Any]] = []
    while True:
        answer = await peer.ask(NEXT, {"token": token})
        if isinstance(answer, int):
            return batches, answer
        assert answer["values"] or answer["finished"]
        batches.append(answer["values"])
        if answer.get("finished"):
            return batches, None


# ------------------------------------------------------------------------- items of the worker's


def test_an_empty_stream_is_whole_in_the_answer() -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("count", [0]) == {}

    play(main, Streams())


@pytest.mark.parametrize("method", ["count", "threaded"])
@pytest.mark.parametrize("n", [1, 2, 3, 1_000, 10_000])
def test_all_items_come_in_order(method: str, n: int) -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask(method, [n])
        batches, error = await pull(peer, opened["token"])
        assert error is None
        assert [*opened.get("values", []), *(i for batch in batches for i in batch)] == [*range(n)]

    play(main, Streams())


def test_the_window_doubles_when_it_is_found_full_and_ends_at_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """1, 2, 4, … 1,024 items; the first comes with the answer."""

    async def main(peer: Peer) -> None:
        # However slow the machine, the generator fills its window in one pass.
        monkeypatch.setattr(producers, "SLICE", DEADLINE)
        opened = await peer.ask("count", [5_000])
        assert opened["values"] == [0]
        await turns(5)
        batches, _ = await pull(peer, opened["token"])
        sizes = [len(batch) for batch in batches]
        assert sizes[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
        assert max(sizes) == 1024

    play(main, Streams())


def test_no_more_is_made_than_the_window_holds() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        opened = await peer.ask("count", [1_000_000])
        sent = 1
        for window in (1, 2, 4, 8):
            await turns(20)
            assert streams.made == sent + window
            sent += len((await peer.ask(NEXT, [opened["token"]]))["values"])
        peer.notify(ABORT, [opened["token"]])

    play(main, streams)


def test_large_items_fill_the_window_by_their_bytes() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        opened = await peer.ask("texts", [100, 100_000])
        sizes: list[int] = []
        for _ in range(6):
            await turns(10)
            sizes.append(len((await peer.ask(NEXT, {"token": opened["token"]}))["values"]))
        # The third makes more than 256 KiB of it.
        assert sizes == [1, 2, 3, 3, 3, 3]
        peer.notify(ABORT, {"token": opened["token"]})

    play(main, streams)


@pytest.mark.parametrize("limit", [1_000, 400_000])
def test_an_item_past_the_limit_of_an_answer_is_an_error(limit: int) -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask("texts", [1, limit])
        assert await pull(peer, opened["token"]) == ([], -32008)

    play(main, Streams(), limits=Limits(response_bytes=limit))


def test_an_answer_holds_as_many_items_as_it_may_and_the_next_one_the_rest() -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask("texts", [300, 98])
        batches, error = await pull(peer, opened["token"])
        assert error is None
        # Each item takes 100 bytes and a comma, and the answer around them a few more.
        assert max(map(len, batches)) == 9
        assert sum(map(len, batches)) == 299

    play(main, Streams(), limits=Limits(response_bytes=1_000))


@pytest.mark.parametrize(("count", "size", "made"), [(10, 10_000, 10), (10, 250, 3)])
def test_a_thread_runs_ahead_by_so_many_items_or_bytes(count: int, size: int, made: int) -> None:
    async def main() -> None:
        source = Source(lambda: iter(range(100)), threaded=True)
        loop = asyncio.get_running_loop()
        items = ThreadItems(source, lambda _: b"x" * 100, lambda _: None, loop)
        items.allow(count, size)
        items.drive(lambda _wait: items.stop())
        assert len(items.take()) == made

    asyncio.run(main())


@pytest.mark.parametrize("params", [{"token": 1}, [1]])
def test_a_next_waits_for_an_item(params: object) -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        assert await peer.ask("waiting") == {"token": 1}
        identity = peer.request(NEXT, params)
        assert await peer.rest() == []
        streams.go.put_nowait(7)
        assert outcome(await peer.answered(identity)) == {"values": [7]}
        identity = peer.request(NEXT, params)
        assert await peer.rest() == []
        streams.go.put_nowait(-1)
        assert outcome(await peer.answered(identity)) == {"values": [], "finished": True}

    play(main, streams)


def test_a_second_next_is_refused_and_the_first_is_answered() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        await peer.ask("waiting")
        first = peer.request(NEXT, [1])
        assert await peer.ask(NEXT, [1]) == -32600
        streams.go.put_nowait(-1)
        assert outcome(await peer.answered(first)) == {"values": [], "finished": True}

    play(main, streams)


def test_a_next_that_is_cancelled_loses_no_item() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        await peer.ask("waiting")
        for item in range(5):
            waiting = peer.request(NEXT, [1])
            await peer.rest()
            streams.go.put_nowait(item)
            # The cancel comes in the pass of the loop in which the item is made.
            peer.notify("$/cancelRequest", {"id": waiting})
            answer = outcome(await peer.answered(waiting))
            if answer == -32800:
                answer = await peer.ask(NEXT, [1])
            assert answer == {"values": [item]}
        streams.go.put_nowait(-1)
        await pull(peer, 1)

    play(main, streams)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([99], -32001),
        ({"token": "1"}, -32001),
        ({"token": None}, -32602),
        ({"token": 1.5}, -32602),
        ([], -32602),
        ({}, -32602),
        (None, -32602),
    ],
    ids=str,
)
def test_a_next_for_no_stream(params: object, code: int) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask(NEXT, params) == code
        peer.notify(ABORT, params if params is not None else [])
        assert await peer.rest() == []

    play(main, Streams())


@pytest.mark.parametrize("k", [0, 1, 2, 5, 100])
@pytest.mark.parametrize(("method", "code"), [("failing", 4000), ("mistyped", -32003)])
def test_an_error_comes_after_the_items_before_it(method: str, code: int, k: int) -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask(method, [k])
        batches, error = await pull(peer, opened["token"])
        assert [*opened.get("values", []), *(i for batch in batches for i in batch)] == [*range(k)]
        assert error == code
        assert await peer.ask(NEXT, [opened["token"]]) == -32001

    play(main, Streams())


def test_an_item_that_cannot_be_sent_is_told_with_its_place() -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask("mistyped", [1])
        answer = await peer.answered(peer.request(NEXT, [opened["token"]]))
        assert answer["error"]["data"]["path"] == "$[1]"

    play(main, Streams())


def test_what_is_no_iterator_is_no_stream() -> None:
    async def main(peer: Peer) -> None:
        answer = await peer.answered(peer.request("noIterator"))
        assert answer["error"]["code"] == -32003
        assert "expected an async iterator, got list" in answer["error"]["message"]

    play(main, Streams())


# ------------------------------------------------------------------------------------- their ends


@pytest.mark.parametrize("waits", [True, False], ids=["with a next that waits", "without"])
def test_an_abort_runs_the_finally_blocks(waits: bool) -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        await peer.ask("waiting")
        identity = peer.request(NEXT, [1]) if waits else None
        await peer.rest()
        peer.notify(ABORT, {"token": 1})
        if identity is not None:
            assert outcome(await peer.answered(identity)) == -32800
        await until(lambda: streams.left == ["waiting"])
        assert await peer.ask(NEXT, [1]) == -32001

    play(main, streams)


def test_a_generator_between_two_items_is_closed_by_an_abort() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        await peer.ask("count", [100])
        peer.notify(ABORT, [1])
        await until(lambda: streams.left == ["count"])

    play(main, streams)


def test_nobody_asks_for_items_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose reader has gone without a word ends, and tells who comes after all."""
    streams = Streams()

    async def main(peer: Peer) -> None:
        monkeypatch.setattr(producers, "IDLE", 0.01)
        await peer.ask("count", [100])
        await until(lambda: streams.left == ["count"])
        assert await peer.ask(NEXT, [1]) == -32001

    play(main, streams)


def test_who_waits_for_the_end_of_all_learns_of_a_stream_that_nobody_asks_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(peer: Peer) -> None:
        # Its iterator has ended, and what that ended with was not asked for.
        assert await peer.ask("failing", [0]) == {"token": 1}
        waiting = asyncio.create_task(peer.channel.over())
        await peer.rest()
        assert not waiting.done()
        monkeypatch.setattr(producers, "IDLE", 0.0)
        peer.session.streams[b"1"]._look_for_reader()
        async with asyncio.timeout(DEADLINE):
            await waiting

    play(main, Streams())


def test_a_next_that_waits_keeps_its_stream_open(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        monkeypatch.setattr(producers, "IDLE", 0.01)
        peer.request("waiting")
        await peer.answered(1)
        waiting = peer.request(NEXT, [1])
        timer = peer.session.streams[b"1"]._timer
        await until(lambda: peer.session.streams[b"1"]._timer is not timer)
        streams.go.put_nowait(-1)
        assert outcome(await peer.answered(waiting)) == {"values": [], "finished": True}

    play(main, streams)


def expire(peer: Peer, identity: bytes) -> None:
    """Have the deadline of an answered call pass, however slow the machine is."""
    call = peer.channel.find_in_flight(identity)
    assert isinstance(call, Call)
    assert call.timer is not None
    call.timer.cancel()
    peer.channel._expire(call)


def test_a_deadline_covers_the_whole_stream() -> None:
    """The next that waits is told at once, and one that follows otherwise."""
    streams = Streams()

    async def main(peer: Peer) -> None:
        await peer.ask("waiting", timeoutMs=60_000)
        waiting = peer.request(NEXT, [1])
        assert await peer.rest() == []
        expire(peer, b"1")
        assert outcome(await peer.answered(waiting)) == -32050
        await peer.ask("count", [100], timeoutMs=60_000)
        expire(peer, b"3")
        await until(lambda: len(streams.left) == 2)
        assert await peer.ask(NEXT, [2]) == -32050
        assert await peer.ask(NEXT, [2]) == -32001

    play(main, streams)


def test_a_deadline_is_told_at_once_even_if_the_host_takes_no_output() -> None:
    async def main(peer: Peer) -> None:
        await peer.ask("waiting", timeoutMs=60_000)
        waiting = peer.request(NEXT, [1])
        await peer.rest()
        peer.channel._executors.blocked = True
        expire(peer, b"1")
        assert outcome(await peer.answered(waiting)) == -32050
        peer.channel.output_taken()

    play(main, Streams())


class Meddling(Streams):
    """Has something happen when its stream has started, and its call is not answered yet."""

    def __init__(self) -> None:
        super().__init__()
        self.meddle: Callable[[], None] = lambda: None

    async def count(self, n: int) -> AsyncIterator[int]:
        self.meddle()
        for i in range(n):
            yield i


@pytest.mark.parametrize("method", [NEXT, ABORT])
@pytest.mark.parametrize("n", [1, 100])
def test_a_token_that_is_guessed_before_the_answer(method: str, n: int) -> None:
    streams = Meddling()

    async def main(peer: Peer) -> None:
        guess = json.dumps(request(9, method, [1])).encode() + b"\n"
        streams.meddle = lambda: peer.channel.receive(guess)
        opened = await peer.ask("count", [n])
        assert opened == {"token": 1, "values": [0]}
        assert outcome(await peer.answered(9)) == (-32001 if method == NEXT else None)
        batches, error = await pull(peer, 1)
        assert (sum(map(len, batches)), error) == (n - 1, None)

    play(main, streams)


def test_the_end_of_the_input_before_the_answer() -> None:
    """The call is answered; then nobody can ask for an item, so nothing waits for that."""
    streams = Meddling()

    async def main(peer: Peer) -> None:
        streams.meddle = peer.channel.receive_end
        assert await peer.ask("count", [100]) == {"token": 1, "values": [0]}
        async with asyncio.timeout(DEADLINE):
            await peer.channel.over()

    play(main, streams)


def test_who_reads_while_the_worker_ends_is_told_so() -> None:
    async def main(peer: Peer) -> None:
        waiting, other = await peer.ask("waiting"), await peer.ask("waiting")
        asked = peer.request("$/enumerator/next", {"token": waiting["token"]})
        await peer.rest()
        peer.channel.stop_intake()
        peer.channel.cancel_all()
        error = (await peer.answered(asked))["error"]
        assert error == {"code": -32800, "message": "Cancelled: the worker is shutting down"}
        for stream in (waiting, other):
            asked = peer.request("$/enumerator/next", {"token": stream["token"]})
            error = (await peer.answered(asked))["error"]
            assert error == {"code": -32802, "message": "The worker is shutting down"}

    play(main, Streams())


def test_a_cancel_before_the_answer() -> None:
    streams = Meddling()

    async def main(peer: Peer) -> None:
        cancel = b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}\n'
        streams.meddle = lambda: peer.channel.receive(cancel)
        assert await peer.ask("count", [100]) == -32800
        assert await peer.rest() == []

    play(main, streams)


def test_the_finally_blocks_of_a_session_that_has_ended_are_waited_for() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        peer.say(request("S:0", "system.hello", {"session": "S"}), request("S:1", "waiting"))
        await peer.answered("S:1")
        peer.say(request("S:2", NEXT, [1]))
        await peer.rest()
        peer.notify("$/endSession", {"session": "S"})
        assert outcome(await peer.answered("S:2")) == -32800
        assert streams.left == []
        async with asyncio.timeout(DEADLINE):
            await peer.channel.over()
        assert streams.left == ["waiting"]

    play(main, streams)


def test_a_call_that_is_cancelled_before_its_token_is_known() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        cancel: Message = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 1}}
        peer.say(request(1, "count", [100]), cancel)
        assert outcome(await peer.answered(1)) in (-32800, {"token": 1, "values": [0]})
        peer.notify(ABORT, [1])

    play(main, streams)


def test_one_stream_too_many_is_refused() -> None:
    async def main(peer: Peer) -> None:
        for token in (1, 2):
            assert (await peer.ask("count", [9]))["token"] == token
        answer = await peer.answered(peer.request("count", [9]))
        assert answer["error"]["code"] == -32009
        assert answer["error"]["data"] == {"limit": 2, "received": 3}
        peer.notify(ABORT, [1])
        opened = await peer.ask("count", [9])
        for token in (2, opened["token"]):
            peer.notify(ABORT, [token])

    play(main, Streams(), limits=Limits(streams=2))


def test_the_end_of_a_session_closes_its_streams() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        peer.say(request("S:0", "system.hello", {"session": "S"}))
        await peer.answered("S:0")
        peer.say(request("S:1", "waiting"), request("S:2", "count", [5]))
        await peer.answered("S:1")
        await peer.answered("S:2")
        peer.say(request("S:3", NEXT, [1]))
        await peer.rest()
        peer.notify("$/endSession", {"session": "S"})
        assert outcome(await peer.answered("S:3")) == -32800
        await until(lambda: sorted(streams.left) == ["count", "waiting"])

    play(main, streams)


# ------------------------------------------------------------------------------------ where it runs


def test_a_generator_runs_in_one_task_and_in_its_calls_context() -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask("context")
        batches, error = await pull(peer, opened["token"])
        assert error is None
        assert [*opened["values"], *(i for b in batches for i in b)] == ["context"] * 3
        assert VARIABLE.get() == "nobody's"

    play(main, Streams())


def test_a_generator_that_never_suspends_leaves_the_loop_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes = 0

    def tick() -> None:
        nonlocal passes
        passes += 1
        asyncio.get_running_loop().call_soon(tick)

    async def main(peer: Peer) -> None:
        monkeypatch.setattr(producers, "SLICE", 0.0)
        opened = await peer.ask("count", [1_000])
        for _ in range(7):
            await peer.ask(NEXT, [opened["token"]])
        handle = asyncio.get_running_loop().call_soon(tick)
        before = passes
        await turns(200)
        assert passes - before > 50
        handle.cancel()
        peer.notify(ABORT, [opened["token"]])

    play(main, Streams())


def test_an_iterator_in_a_thread_stays_in_one_thread() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        opened = await peer.ask("threaded", [500])
        await pull(peer, opened["token"])
        assert streams.left == ["threaded"]
        assert len(streams.threads) == 1
        assert threading.get_ident() not in streams.threads

    play(main, streams)


def test_an_abort_reaches_the_thread() -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        opened = await peer.ask("threaded", [500])
        await peer.ask(NEXT, [opened["token"]])
        peer.notify(ABORT, [opened["token"]])
        await until(lambda: streams.left == ["cancelled"])
        assert len(streams.threads) == 1

    play(main, streams)


@pytest.mark.parametrize("how", ["abort", "deadline", "idle"])
def test_a_thread_that_is_busy_can_ask_whether_it_is_cancelled(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = Streams()

    async def main(peer: Peer) -> None:
        identity = peer.request("busy", timeoutMs=1_000_000)
        opened = outcome(await peer.answered(identity))
        # A thread that has not begun yet does not begin any more.
        await until(lambda: bool(streams.threads))
        assert peer.channel.busy_elsewhere == 1
        if how == "abort":
            peer.notify(ABORT, [opened["token"]])
        elif how == "idle":
            monkeypatch.setattr(producers, "IDLE", 0.0)
            peer.session.streams[b"1"]._look_for_reader()
        else:
            peer.channel._expire(peer.channel._streaming[b"%d" % identity])
        await until(lambda: streams.left == ["busy"])
        code = await peer.ask(NEXT, [opened["token"]])
        assert code == (-32050 if how == "deadline" else -32001)

    play(main, streams)


def test_threads_that_wait_for_their_reader_leave_their_place_to_others() -> None:
    """More streams than threads at a time, none of them read; and a handler in a thread."""

    async def main(peer: Peer) -> None:
        tokens = [(await peer.ask("threaded", [9]))["token"] for _ in range(50)]
        assert await peer.ask("totalInThread", [{"values": [1, 2]}]) == 3
        for token in tokens:
            peer.notify(ABORT, [token])

    play(main, Streams())


class AskingAPI(Protocol):
    def answers(self, ask: Callable[[int], Awaitable[int]]) -> AsyncIterator[int]: ...
    async def nothing(self) -> None: ...


class Asking(AskingAPI):
    def answers(self, ask: Callable[[int], int]) -> Iterator[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        yield ask(1)

    def nothing(self) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        pass


def test_threads_of_streams_that_ask_leave_their_place_to_others() -> None:
    """More than there are at a time, all of which wait for what the peer answers last."""

    async def main(peer: Peer) -> None:
        form = {"__jsonrpc_marshaled": 1, "handle": 5, "lifetime": "call"}
        tokens = [(await peer.ask("answers", [form]))["token"] for _ in range(THREADS + 1)]
        asked = [await peer.heard("$/invokeProxy/5/invoke") for _ in tokens]
        assert await peer.ask("nothing") is None
        for each in asked:
            peer.answer(each, 7)
        for token in tokens:
            assert await pull(peer, token) in (
                ([[7]], None),
                ([[7], []], None),
            )
        limiter = peer.channel._executors._elsewhere._limiter
        assert limiter is not None
        await until(lambda: limiter.total_tokens == THREADS)

    play(main, Asking())


# ------------------------------------------------------------------------------------- exclusive


class AloneAPI(Protocol):
    def paced(self, n: int) -> AsyncIterator[int]: ...
    def paced_in_thread(self, n: int) -> AsyncIterator[int]: ...
    def refused(self) -> AsyncIterator[int]: ...
    async def briefly(self) -> int: ...


class Alone(AloneAPI):
    """Streams that are exclusive, and wait for nothing but what the test lets go."""

    def __init__(self) -> None:
        self.inside = self.begun = self.most = 0
        self.go = asyncio.Event()

    @contextmanager
    def _alone(self) -> Generator[None]:
        self.inside += 1
        self.begun += 1
        self.most = max(self.most, self.inside)
        try:
            yield
        finally:
            self.inside -= 1

    @exclusive
    async def paced(self, n: int) -> AsyncIterator[int]:
        with self._alone():
            try:
                await self.go.wait()
                for i in range(n):
                    yield i
            finally:
                await turns(10)

    @exclusive
    def paced_in_thread(self, n: int) -> Iterator[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        with self._alone():
            from_thread.run(self.go.wait)
            try:
                yield from range(n)
            finally:
                from_thread.run(turns, 0 if current_call().cancelled else 10)

    @exclusive
    def refused(self) -> AsyncIterator[int]:
        raise RpcError("no", code=4000)

    @exclusive
    async def briefly(self) -> int:
        with self._alone():
            return self.begun


@pytest.mark.parametrize("method", ["paced", "pacedInThread"])
def test_an_exclusive_stream_is_alone_until_its_iterator_has_ended(method: str) -> None:
    alone = Alone()

    async def main(peer: Peer) -> None:
        first, second, third = (peer.request(method, [0]) for _ in range(3))
        brief = peer.request("briefly")
        token = outcome(await peer.answered(first))["token"]
        await until(lambda: alone.inside == 1)
        await peer.rest()
        assert (alone.begun, peer.channel._executors.waiting) == (1, 3)
        alone.go.set()
        assert await pull(peer, token) == ([[]], None)
        for identity in (second, third):
            opened = outcome(await peer.answered(identity))
            if "token" in opened:
                await pull(peer, opened["token"])
        assert outcome(await peer.answered(brief)) == 4

    play(main, alone)
    assert alone.most == 1


@pytest.mark.parametrize("method", ["paced", "pacedInThread"])
def test_an_exclusive_stream_that_waits_for_its_reader_lets_another_one_run(method: str) -> None:
    """Whoever reads it may be waiting for that one between two items."""
    alone = Alone()
    alone.go.set()

    async def main(peer: Peer) -> None:
        asked = [peer.request(method, [100]) for _ in range(3)]
        opened = [outcome(await peer.answered(identity)) for identity in asked]
        assert await peer.ask("briefly") == 4
        for each in opened:
            batches, _ = await pull(peer, each["token"])
            assert sum(map(len, batches)) + len(each.get("values", [])) == 100
        assert await peer.ask("briefly") == 5

    play(main, alone)


@pytest.mark.parametrize("how", ["abort", "cancel", "notification", "refused"])
def test_an_exclusive_stream_that_does_not_come_to_its_end(how: str) -> None:
    alone = Alone()

    async def main(peer: Peer) -> None:
        if how == "notification":
            peer.notify("paced", [1])
        elif how == "refused":
            assert await peer.ask("refused") == 4000
        else:
            identity = peer.request("paced", [1])
            opened = outcome(await peer.answered(identity))
            await until(lambda: alone.inside == 1)
            if how == "abort":
                peer.notify(ABORT, [opened["token"]])
            else:
                peer.notify("$/cancelRequest", {"id": identity})
        # Its last `finally` has run by then.
        assert await peer.ask("briefly") == alone.begun
        assert alone.most == 1

    play(main, alone)


def test_a_next_waits_while_the_host_takes_no_output() -> None:
    async def main(peer: Peer) -> None:
        await peer.ask("count", [3])
        peer.channel._executors.blocked = True
        identity = peer.request(NEXT, [1])
        assert await peer.rest() == []
        peer.channel.output_taken()
        assert outcome(await peer.answered(identity)) == {"values": [1]}
        await pull(peer, 1)

    play(main, Streams())


def test_streams_in_a_batch_have_their_tokens_in_its_answer() -> None:
    async def main(peer: Peer) -> None:
        peer.say([request(1, "count", [2]), request(2, "count", [0]), request(3, "echo", [1])])
        await peer.rest()
        answers: Any = peer.unheard()[0]
        results = {answer["id"]: answer["result"] for answer in answers}
        assert results == {1: {"token": 1, "values": [0]}, 2: {}, 3: 1}
        peer.unheard().clear()
        await pull(peer, 1)

    play(main, Streams())


# ---------------------------------------------------------------------------- items of the peer's


@pytest.mark.parametrize("method", ["total", "totalInThread"])
@pytest.mark.parametrize("form", [{}, {"values": []}, {"values": [1, 2]}, {"token": None}], ids=str)
def test_a_stream_that_comes_whole(method: str, form: dict[str, Any]) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask(method, [form]) == sum(form.get("values", []))
        assert await peer.rest() == []

    play(main, Streams())


@pytest.mark.parametrize("method", ["total", "totalInThread"])
@pytest.mark.parametrize("token", [0, 7, -1, 2**60, "", "é"])
def test_the_peer_is_asked_for_items(method: str, token: object) -> None:
    """Its token, any string or integer, is echoed unchanged."""

    async def main(peer: Peer) -> None:
        identity = peer.request(method, {"numbers": {"token": token, "values": [1]}})
        for values, finished in (([2, 3], False), ([4], True)):
            asked = await peer.heard(NEXT)
            assert asked["params"] == {"token": token}
            peer.answer(asked, {"values": values, "finished": finished})
        assert outcome(await peer.answered(identity)) == 10
        assert await peer.rest() == []

    play(main, Streams())


def test_a_tokens_bytes_are_echoed() -> None:
    async def main(peer: Peer) -> None:
        line = rb'{"jsonrpc":"2.0","id":1,"method":"total","params":[{"token":"\u00e9"}]}' + b"\n"
        asyncio.get_running_loop().call_soon(peer.channel.receive, line)
        asked = await peer.heard(NEXT)
        assert rb'"params":{"token":"\u00e9"}' in peer.conversation.output.written
        peer.answer(asked, {"values": [], "finished": True})
        assert outcome(await peer.answered(1)) == 0

    play(main, Streams())


@pytest.mark.parametrize(
    ("form", "path", "expected", "received"),
    [
        (5, "$", "a stream of int", "5"),
        (None, "$", "a stream of int", "null"),
        ([], "$", "a stream of int", "[]"),
        ({"token": 1.5}, "$.token", "str or int or null", "1.5"),
        ({"token": True}, "$.token", "str or int or null", "true"),
        ({"token": {}}, "$.token", "str or int or null", "{}"),
        ({"values": 5}, "$.values", "list of int", "5"),
        ({"values": [1, "2"]}, "$.values[1]", "int", '"2"'),
    ],
    ids=str,
)
def test_what_is_no_stream(form: object, path: str, expected: str, received: str) -> None:
    async def main(peer: Peer) -> None:
        for params in ([form], {"numbers": form}):
            error = (await peer.answered(peer.request("total", params)))["error"]
            assert error["code"] == -32602
            data = error["data"]
            assert (data["param"], data["path"], data["received"]) == ("numbers", path, received)
            assert data["expected"] == expected

    play(main, Streams())


def test_an_answer_without_items_is_told_as_the_windows() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("total", [{"token": 1}])
        peer.answer(await peer.heard(NEXT), 5)
        error = (await peer.answered(identity))["error"]
        assert error["message"].startswith(
            "Internal error: RemoteError: the window's stream numbers of total answered with no "
            "items of a stream: "
        )
        await peer.heard(ABORT)

    play(main, Streams())


def test_an_item_of_another_type_is_the_handlers_error_with_its_place() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("total", [{"token": 1, "values": [1]}])
        peer.answer(await peer.heard(NEXT), {"values": [2, 3]})
        peer.answer(await peer.heard(NEXT), {"values": [4, "5", 6]})
        error = (await peer.answered(identity))["error"]
        assert error["code"] == -32602
        assert error["data"] == {
            "param": "numbers",
            "path": "$[4]",
            "expected": "int",
            "received": '"5"',
        }
        assert (await peer.heard(ABORT))["params"] == {"token": 1}

    play(main, Streams())


@pytest.mark.parametrize("answer", [5, {"values": 5}, {"finished": 1}], ids=str)
def test_a_stream_of_the_peers_whose_answer_cannot_be_read_is_aborted(answer: object) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("total", [{"token": 1}])
        peer.answer(await peer.heard(NEXT), answer)
        error = (await peer.answered(identity))["error"]
        assert error["data"]["type"] == RemoteError.__name__
        assert (await peer.heard(ABORT))["params"] == {"token": 1}
        assert await peer.rest() == []

    play(main, Streams())


def test_an_error_of_the_peers_producer_is_raised_in_the_handler() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("total", [{"token": 1}])
        peer.refuse(await peer.heard(NEXT), 4711, "out of numbers")
        error = (await peer.answered(identity))["error"]
        assert error["code"] == -32603
        assert error["data"]["type"] == RemoteError.__name__
        assert "out of numbers" in error["message"]
        assert await peer.rest() == []

    play(main, Streams())


@pytest.mark.parametrize("method", ["first", "firstInThread"])
def test_a_handler_that_leaves_early_tells_the_peer(method: str) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request(method, [{"token": "t"}])
        peer.answer(await peer.heard(NEXT), {"values": [8, 9]})
        assert outcome(await peer.answered(identity)) == 8
        assert (await peer.heard(ABORT))["params"] == {"token": "t"}

    play(main, Streams())


def test_a_stream_ends_with_its_call() -> None:
    """Whoever has kept it is told so, and does not wait."""
    streams = Streams()

    async def main(peer: Peer) -> None:
        peer.request("total", [{"token": 1}])
        asked = await peer.heard(NEXT)
        peer.answer(asked, {"values": [1, 2], "finished": True})
        await peer.rest()
        (kept,) = streams.kept
        with pytest.raises(StopAsyncIteration):
            await anext(kept)
        identity = peer.request("total", [{"token": 2, "values": ["x"]}])
        await peer.answered(identity)
        peer.request("total", [{"token": 2}])
        asked = await peer.heard(NEXT)
        peer.notify("$/cancelRequest", {"id": 3})
        await until(lambda: not peer.session.pending)
        await peer.answered(3)
        with pytest.raises(RuntimeError):
            await anext(streams.kept[-1])
        peer.unheard().clear()

    play(main, streams)


def test_an_argument_lives_as_long_as_the_stream_that_is_made_of_it() -> None:
    async def main(peer: Peer) -> None:
        opened = await peer.ask("doubled", [{"token": "in", "values": [1]}])
        assert opened == {"token": 1, "values": [2]}
        waiting = peer.request(NEXT, [1])
        peer.answer(await peer.heard(NEXT), {"values": [5], "finished": True})
        assert outcome(await peer.answered(waiting))["values"] == [10]
        await pull(peer, 1)

    play(main, Streams())


@pytest.mark.parametrize("method", ["total", "totalInThread"])
def test_a_handler_that_waits_for_an_item_leaves_its_place_to_another(method: str) -> None:
    async def main(peer: Peer) -> None:
        first = peer.request(method, [{"token": 1}])
        asked = await peer.heard(NEXT)
        assert await peer.ask(method, [{"values": [1]}]) == 1
        peer.answer(asked, {"values": [2], "finished": True})
        assert outcome(await peer.answered(first)) == 2

    play(main, Streams(), limits=Limits(running=1))


@pytest.mark.parametrize("params", [[], [None], {}, {"numbers": None}], ids=str)
def test_an_optional_stream_may_be_missing(params: object) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("maybe", params) is False
        assert await peer.ask("maybe", [{"values": [1]}]) is True

    play(main, Streams())


@pytest.mark.parametrize(
    "value", [{"token": 1}, {"values": [1]}, {"__jsonrpc_marshaled": 1, "handle": 5}, {}], ids=str
)
def test_what_looks_alike_elsewhere_is_data(value: object) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("echo", [value]) == value
        assert json.dumps(value) in json.dumps(await peer.ask("echo", [[value]]))

    play(main, Streams())


@pytest.mark.parametrize("method", ["total", "totalInThread"])
def test_the_end_of_a_session_reaches_who_waits_for_an_item(method: str) -> None:
    async def main(peer: Peer) -> None:
        peer.say(request("S:0", "system.hello", {"session": "S"}))
        await peer.answered("S:0")
        peer.say(request("S:1", method, [{"token": 1}]))
        await peer.heard(NEXT)
        peer.notify("$/endSession", {"session": "S"})
        assert outcome(await peer.answered("S:1")) == -32800

    play(main, Streams())


# ------------------------------------------------------------------------- in calls of the worker's


class WindowAPI(Protocol):
    async def total(self, numbers: AsyncIterator[int]) -> int: ...
    def lines(self, n: int) -> AsyncIterator[int]: ...


class CallingAPI(Protocol):
    async def send(self, what: str) -> int: ...
    async def send_from_thread(self) -> int: ...
    async def read(self, n: int, until: int = 1_000) -> list[int]: ...
    async def read_in_thread(self, n: int) -> list[int]: ...
    async def read_often(self, times: int) -> int: ...


class Calling(CallingAPI):
    def __init__(self) -> None:
        self.left: list[int] = []

    async def numbers(self) -> AsyncIterator[int]:
        try:
            for i in range(3):
                yield i
        finally:
            self.left.append(3)

    def plain_numbers(self) -> Iterator[int]:
        yield from range(3)

    async def send(self, what: str) -> int:
        items: dict[str, Any] = {
            "list": [1, 2],
            "empty": (),
            "generator": self.numbers(),
            "plain generator": self.plain_numbers(),
            "no iterator": 5,
            "text": "12",
            "wrong item": [1, "2"],
        }
        return await caller(WindowAPI).total(items[what])

    def send_from_thread(self) -> int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        window: Any = caller(WindowAPI)
        return int(window.total(self.plain_numbers()))

    async def read(self, n: int, until: int = 1_000) -> list[int]:
        found: list[int] = []
        async for line in caller(WindowAPI).lines(n):
            found.append(line)
            if len(found) >= until:
                break
        return found

    def read_in_thread(self, n: int) -> list[int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        window: Any = caller(WindowAPI)
        return [*window.lines(n)]

    async def read_often(self, times: int) -> int:
        window = caller(WindowAPI)
        return sum([line for _ in range(times) async for line in window.lines(2)])


@pytest.mark.parametrize(("what", "form"), [("list", {"values": [1, 2]}), ("empty", {})])
def test_a_collection_goes_whole(what: str, form: dict[str, Any]) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("send", [what])
        asked = await peer.heard("total")
        assert asked["params"] == [form]
        peer.answer(asked, 3)
        assert outcome(await peer.answered(identity)) == 3

    play(main, Calling(), frontend=WindowAPI)


@pytest.mark.parametrize(
    ("method", "params"),
    [("send", ["generator"]), ("send", ["plain generator"]), ("sendFromThread", [])],
    ids=str,
)
def test_the_peer_pulls_an_argument(
    method: str, params: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: what bounds the life of an argument is the call."""

    async def main(peer: Peer) -> None:
        monkeypatch.setattr(producers, "IDLE", 0.0)
        identity = peer.request(method, params)
        asked = await peer.heard("total")
        await turns(10)
        batches, error = await pull(peer, asked["params"][0]["token"])
        assert ([item for batch in batches for item in batch], error) == ([0, 1, 2], None)
        peer.answer(asked, 3)
        assert outcome(await peer.answered(identity)) == 3

    play(main, Calling(), frontend=WindowAPI)


@pytest.mark.parametrize("answered", ["result", "error"])
def test_an_argument_ends_with_its_call(answered: str) -> None:
    calling = Calling()

    async def main(peer: Peer) -> None:
        identity = peer.request("send", ["generator"])
        asked = await peer.heard("total")
        token = asked["params"][0]["token"]
        await peer.ask(NEXT, [token])
        if answered == "result":
            peer.answer(asked, 1)
        else:
            peer.refuse(asked, 5, "no")
        await peer.answered(identity)
        assert await peer.ask(NEXT, [token]) == -32001
        await until(lambda: calling.left == [3])

    play(main, calling, frontend=WindowAPI)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no iterator", "expected items to iterate over, each int, got int"),
        ("text", "expected items to iterate over, each int, got str"),
        ("wrong item", "expected int, got str"),
    ],
)
def test_what_cannot_be_a_stream_is_refused_before_it_is_sent(what: str, said: str) -> None:
    async def main(peer: Peer) -> None:
        error = (await peer.answered(peer.request("send", [what])))["error"]
        assert said in error["message"]

    play(main, Calling(), frontend=WindowAPI)


@pytest.mark.parametrize("method", ["read", "readInThread"])
@pytest.mark.parametrize("token", [None, "t"])
def test_a_stream_of_the_peers_result(method: str, token: str | None) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request(method, [3])
        asked = await peer.heard("lines")
        form = {"values": [1, 2]}
        peer.answer(asked, form if token is None else {**form, "token": token})
        if token is not None:
            asked = await peer.heard(NEXT)
            assert asked["params"] == {"token": token}
            peer.answer(asked, {"values": [3], "finished": True})
        expected = [1, 2] if token is None else [1, 2, 3]
        assert outcome(await peer.answered(identity)) == expected

    play(main, Calling(), frontend=WindowAPI)


def test_a_result_that_is_left_early_is_aborted_with_the_call() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("read", [3, 1])
        peer.answer(await peer.heard("lines"), {"token": 9, "values": [1, 2]})
        assert outcome(await peer.answered(identity)) == [1]
        assert (await peer.heard(ABORT))["params"] == {"token": 9}

    play(main, Calling(), frontend=WindowAPI)


def test_a_call_that_is_cancelled_as_the_token_comes_is_cancelled_at_the_peer() -> None:
    """Nobody has seen the token, so only that ends the stream."""

    async def main(peer: Peer) -> None:
        peer.request("read", [3])
        asked = await peer.heard("lines")
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": {"token": 9}}
        peer.say(answer, {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 1}})
        assert (await peer.heard("$/cancelRequest"))["params"] == {"id": asked["id"]}
        assert outcome(await peer.answered(1)) == -32800

    play(main, Calling(), frontend=WindowAPI)


def test_a_call_does_not_keep_the_streams_that_it_has_read() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("readOften", [3])
        for _ in range(3):
            asked = await peer.heard("lines")
            call = peer.channel.find_in_flight(b"1")
            assert isinstance(call, Call)
            assert len(call.attached or []) == 1
            peer.answer(asked, {"values": [1, 2]})
        assert outcome(await peer.answered(identity)) == 9

    play(main, Calling(), frontend=WindowAPI)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"values": [1, "2"]}, 'lines answered at $[1] with "2", expected int'),
        ({"values": 5}, "lines answered"),
        (5, "lines answered"),
        ({"token": 1.5}, "lines answered"),
        ({"token": 7, "values": 5}, "lines answered"),
    ],
    ids=str,
)
def test_a_result_of_another_type_is_an_error_of_the_peers(answer: Any, said: str) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("read", [3])
        peer.answer(await peer.heard("lines"), answer)
        error = (await peer.answered(identity))["error"]
        assert error["data"]["type"] == "RemoteError"
        assert said in error["data"]["message"]
        if answer == {"token": 7, "values": 5}:
            assert (await peer.heard(ABORT))["params"] == {"token": 7}
        assert await peer.rest() == []

    play(main, Calling(), frontend=WindowAPI)
