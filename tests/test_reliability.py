"""Many of one thing at once: what must hold however often, and in whatever order, it happens.

A sample runs with all other tests; `make soak` runs as many as were promised.
"""

# pyright: reportPrivateUsage=false
# The host is made to take no output.

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import AsyncIterator  # noqa: TC003 - a contract's names must exist
from typing import Any, Protocol

import pytest
from anyio import from_thread

from rpc_worker import Limits, RpcError, caller, current_call, in_process, in_thread
from tests.conversation import DEADLINE, answer, notification, request, turns, until
from tests.peer import Peer, outcome, play

SOAK = "SOAK" in os.environ
NEXT, ABORT, CANCEL = "$/enumerator/next", "$/enumerator/abort", "$/cancelRequest"
SEEDS = range(20 if SOAK else 4)
"""Each seed is as many cases as a row of them has, divided by the number of seeds."""


class Page(Protocol):
    async def deeper(self, depth: int) -> int: ...


class Backend:
    def __init__(self) -> None:
        self.inside = 0
        self.made = dict[int, int]()
        self.go = threading.Event()

    async def add(self, a: int, b: int) -> int:
        return a + b

    async def yielding(self, passes: int) -> int:
        for _ in range(passes):
            await asyncio.sleep(0)
        return passes

    async def hold(self) -> None:
        self.inside += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.inside -= 1

    @in_thread
    def wait_in_thread(self) -> None:
        self.inside += 1
        try:
            from_thread.run(_until_cancelled)
        finally:
            self.inside -= 1

    @in_thread
    def deaf(self) -> str:
        """Heed no cancel, as a thread in a library does."""
        self.go.wait()
        return "done"

    @staticmethod
    @in_process
    def wait_in_process() -> None:
        threading.Event().wait()

    async def count(self, key: int, n: int, fails: bool) -> AsyncIterator[int]:
        self.inside += 1
        try:
            for i in range(n):
                self.made[key] = i + 1
                yield i
            if fails:
                raise RpcError("as asked", code=4000)
        finally:
            self.inside -= 1

    async def deeper(self, depth: int) -> int:
        return 0 if depth == 0 else 1 + await caller(Page).deeper(depth - 1)


async def _until_cancelled() -> None:
    if not current_call().cancelled:
        await asyncio.Event().wait()
    raise asyncio.CancelledError


def text(identity: object) -> str:
    return json.dumps(identity)


# ------------------------------------------------------------------------------------ D1: cancels


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cancel_at_any_time_leaves_one_answer(seed: int) -> None:
    """Before it starts, in its chunk, in and after the reply, twice, for ids that look alike."""
    chance = random.Random(seed)
    count = 5_000 if SOAK else 500

    async def main(peer: Peer) -> None:
        asked: list[object] = []
        chunk: list[bytes] = []
        for number in range(count):
            identity: object = chance.choice([number, str(number), number + 0.5, f"x{number}"])
            passes = chance.choice([0, 0, 1, 2, 5])
            lines = [
                chance.choice(
                    [
                        request(identity, "add", [number, 1]),
                        request(identity, "yielding", [passes]),
                        request(identity, "hold", []),
                    ]
                )
            ]
            asked.append(identity)
            alike = [identity] * (3 if b"hold" in lines[0] else 1)
            alike += [str(identity), True, None, [identity], "nobody"]
            cancels = [chance.choice(alike) for _ in range(chance.randrange(3))]
            cancels += [identity] if b"hold" in lines[0] else []
            lines += [notification(CANCEL, {"id": each}) for each in cancels]
            for line in lines:
                chunk.append(line)
                if chance.random() < 0.3:
                    peer.conversation.feed(b"".join(chunk))
                    chunk = []
                    await turns(chance.randrange(4))
        peer.conversation.feed(b"".join(chunk))
        await turns(2)
        async with asyncio.timeout(DEADLINE):
            await peer.channel.idle()
        answers = [message for message in await peer.rest() if "method" not in message]
        assert sorted(text(a["id"]) for a in answers) == sorted(map(text, asked))
        assert {a["error"]["code"] for a in answers if "error" in a} <= {-32800}

    backend = Backend()
    play(main, backend, limits=Limits(running=10))
    assert backend.inside == 0


# ---------------------------------------------------------------------------- D2: wherever they run


def test_a_handler_in_a_thread_is_cancelled_any_time() -> None:
    backend = Backend()

    async def main(peer: Peer) -> None:
        chance = random.Random(2)
        for _ in range(100 if SOAK else 20):
            asked = [peer.request("waitInThread") for _ in range(5)]
            await turns(chance.randrange(6))
            if chance.random() < 0.5:
                await until(lambda: backend.inside == 5)
            for identity in asked:
                peer.notify(CANCEL, {"id": identity})
            for identity in asked:
                assert outcome(await peer.answered(identity)) == -32800
            await until(lambda: not peer.channel.busy_elsewhere)
        assert await peer.ask("add", [1, 2]) == 3

    play(main, backend)
    assert backend.inside == 0


def test_a_thread_that_heeds_no_cancel_is_tracked_until_it_ends() -> None:
    backend = Backend()

    async def main(peer: Peer) -> None:
        asked = [peer.request("deaf") for _ in range(10)]
        await until(lambda: peer.channel.busy_elsewhere == 10)
        for identity in asked:
            peer.notify(CANCEL, {"id": identity})
            assert outcome(await peer.answered(identity)) == -32800
        assert peer.channel.busy_elsewhere == 10
        backend.go.set()
        await until(lambda: peer.channel.busy_elsewhere == 0)
        assert await peer.rest() == []

    play(main, backend)


def test_a_process_is_ended_by_a_cancel_and_replaced() -> None:
    async def main(peer: Peer) -> None:
        for _ in range(20 if SOAK else 2):
            identity = peer.request("waitInProcess")
            await until(lambda: bool(peer.channel._executors.busy_elsewhere))
            peer.notify(CANCEL, {"id": identity})
            assert outcome(await peer.answered(identity)) == -32800
            await until(lambda: not peer.channel.busy_elsewhere)
        peer.channel.close()

    play(main, Backend())


# ----------------------------------------------------------------------------------- C4: streams


@pytest.mark.parametrize("seed", SEEDS)
def test_streams_end_however_they_are_read(seed: int) -> None:
    """Slowly, not to the end, not at all; by one that goes away; to an error at any item."""
    chance = random.Random(seed)
    backend = Backend()

    async def read(peer: Peer, key: int) -> None:
        n, fails = chance.choice([0, 1, 2, 3, 50, 3_000]), chance.random() < 0.3
        wanted = chance.choice([0, 1, n // 2, n, n, n])
        session = f"S{key}" if chance.random() < 0.3 else None
        begin = f"{session}:" if session else f"{key}:"
        if session:
            peer.say({"jsonrpc": "2.0", "id": f"{begin}0", **hello(session)})
            await peer.answered(f"{begin}0")
        peer.say(json.loads(request(f"{begin}1", "count", [key, n, fails])))
        opened = outcome(await peer.answered(f"{begin}1"))
        items, nexts, ended = opened.get("values", []), 0, "token" not in opened
        while not ended and len(items) <= wanted:
            await turns(chance.choice([0, 0, 3, 10]))
            assert backend.made.get(key, 0) <= len(items) + min(1_024, 2**nexts)
            nexts += 1
            peer.say(json.loads(request(f"{begin}n{nexts}", NEXT, [opened["token"]])))
            page = outcome(await peer.answered(f"{begin}n{nexts}"))
            if page == 4000:
                assert (fails, len(items)) == (True, n)
                break
            items += page["values"]
            ended = page.get("finished", False)
        assert items == [*range(len(items))]
        assert len(items) == n or not ended
        if session:
            peer.notify("$/endSession", {"session": session})
        elif not ended:
            line = notification(ABORT, {"token": opened["token"]})
            peer.conversation.feed(line)

    async def main(peer: Peer) -> None:
        # Some beside each other, as windows do.
        for first in range(0, 25, 5):
            await asyncio.gather(*(read(peer, key) for key in range(first, first + 5)))
        await until(lambda: backend.inside == 0)

    play(main, backend, frontend=Page)


def hello(session: str) -> dict[str, Any]:
    return {"method": "system.hello", "params": {"session": session}}


# ------------------------------------------------------------------------------- C5: calls back


@pytest.mark.parametrize("depth", [1, 2, 50, 500] if SOAK else [1, 2, 50])
def test_calls_that_call_back_that_call_again_need_one_slot(depth: int) -> None:
    async def main(peer: Peer) -> None:
        first = peer.request("deeper", [depth])
        asked: list[tuple[str, int]] = []
        for left in range(depth, 0, -1):
            asking = await peer.heard("deeper")
            assert asking["params"] == [left - 1]
            asked.append((asking["id"], peer.request("deeper", asking["params"])))
        for asking_id, identity in reversed(asked):
            result = outcome(await peer.answered(identity))
            peer.conversation.feed(answer(asking_id, result))
        assert outcome(await peer.answered(first)) == depth

    play(main, Backend(), limits=Limits(running=1), frontend=Page)


# --------------------------------------------------------------- B6, C2: what holds others up


def test_calls_go_on_beside_handlers_that_sleep_in_threads() -> None:
    backend = Backend()

    async def main(peer: Peer) -> None:
        asked = [peer.request("deaf") for _ in range(30)]
        await until(lambda: peer.channel.busy_elsewhere == 30)
        for number in range(1_000 if SOAK else 100):
            assert await peer.ask("add", [number, 1]) == number + 1
        backend.go.set()
        for identity in asked:
            assert outcome(await peer.answered(identity)) == "done"

    play(main, backend)


def test_cancels_act_while_the_host_takes_no_output() -> None:
    """Nothing new is started meanwhile; what is cancelled never is, and ends at once."""
    backend = Backend()

    async def main(peer: Peer) -> None:
        count = 10_000 if SOAK else 500
        running = [peer.request("hold") for _ in range(100)]
        await until(lambda: backend.inside == 100)
        peer.conversation.output.pending = 1 << 30
        await peer.ask("add", [1, 2])
        waiting = [peer.request("hold") for _ in range(count)]
        adding = [peer.request("add", [1, 2]) for _ in range(10)]
        assert await peer.rest() == []
        for identity in (*running, *waiting):
            peer.notify(CANCEL, {"id": identity})
        await until(lambda: backend.inside == 0)
        for identity in (*running, *waiting):
            assert outcome(await peer.answered(identity)) == -32800
        assert await peer.ask("system.ping", [1]) == [1]
        assert await peer.rest() == []
        peer.conversation.output.pending = 0
        peer.channel.output_taken()
        for identity in adding:
            assert outcome(await peer.answered(identity)) == 3

    play(main, backend)
