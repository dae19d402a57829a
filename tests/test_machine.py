"""The machine of clients in memory, on a clock that is set."""

# pyright: reportPrivateUsage=false
# What is scheduled must be seen to be nothing.

from __future__ import annotations

import asyncio
import gc
import os
import time
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from rpc_worker import executors
from tests.conversation import DEADLINE, Conversation, turns
from tests.machine import PULL_AHEAD, Machine
from tests.performer import LIMITS, Page, Performer

SOAK = "SOAK" in os.environ


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock can be set forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


class MemoryMachine(Machine):
    def __init__(self) -> None:
        self.loop = Loop()
        asyncio.set_event_loop(self.loop)
        self.problems: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, problem: self.problems.append(problem))
        self.performer = Performer()
        self._read = 0
        # Nobody waits a second for a handler that does not heed its cancel.
        self._unwinding, executors.UNWINDING = executors.UNWINDING, 0.0  # type: ignore[misc]
        self.conversation = self.loop.run_until_complete(self._begin())
        super().__init__()

    async def _begin(self) -> Conversation:
        return Conversation(self.performer, frontend=Page, limits=LIMITS)

    def now(self) -> float:
        return self.loop.time()

    def write(self, data: bytes) -> None:
        self.loop.call_soon(self.conversation.channel.receive, data)
        self.loop.run_until_complete(turns(1))

    def read(self) -> list[bytes]:
        written = self.conversation.output.written
        assert written.endswith(b"\n") or not written
        new, self._read = written[self._read :], len(written)
        return new.split(b"\n")[:-1]

    def until_nothing_is_due(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while due := self.due():
            self.loop.run_until_complete(turns(3))
            assert time.monotonic() < deadline, due
        self.loop.run_until_complete(turns(15))
        assert self.due() == []
        assert self.problems == []
        for opening in self.openings:
            pulled = opening.pulled
            if pulled is not None and not (pulled.over or pulled.aborted):
                ahead = self.performer.made[opening.key] - pulled.received
                assert ahead <= min(PULL_AHEAD, 2**pulled.nexts), opening

    @rule(seconds=st.sampled_from([25, 90]))
    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.go()
        self.loop.ahead += seconds
        for window in self.all:
            for asked in window.asked.values():
                if asked.deadline is not None and asked.deadline <= self.now():
                    asked.expired = True
            for pulled in window.pulled.values():
                deadline = pulled.opening.deadline
                if deadline is not None and deadline <= self.now():
                    pulled.opening.expired = True
                waiting = any(getattr(a, "pulled", None) is pulled for a in window.asked.values())
                if not waiting and self.now() - pulled.since > 60:
                    pulled.idle = True
        self.loop.run_until_complete(turns(3))
        self.go()

    @precondition(lambda self: not self.stalled)
    @rule()
    def stall(self) -> None:
        """Take no output any more."""
        self.go()
        self.stalled = True
        self.conversation.output.pending = LIMITS.soft_output_bytes + 1

    @precondition(lambda self: self.stalled)
    @rule()
    def resume(self) -> None:
        self.stalled = False
        self.conversation.output.pending = 0
        self.loop.call_soon(self.conversation.channel.output_taken)
        self.go()

    def teardown(self) -> None:
        try:
            if self.broken:
                return
            if self.stalled:
                self.resume()
            self.end()
            self.loop.run_until_complete(self._rest())
            self.conversation.assert_at_rest()
            assert self.performer.told == self.told
            assert [h for h in self.loop._scheduled if not h.cancelled()] == []  # type: ignore[attr-defined]
            gc.collect()
            assert self.problems == []
        finally:
            executors.UNWINDING = self._unwinding  # type: ignore[misc]
            self.conversation.channel.close()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
            asyncio.set_event_loop(None)

    async def _rest(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while any(self.performer.inside.values()) or self.conversation.channel.busy_elsewhere:
            await asyncio.sleep(0)
            assert time.monotonic() < deadline, self.performer.inside
        await turns(5)


TestMachine = MemoryMachine.TestCase
TestMachine.settings = settings(
    max_examples=2_000 if SOAK else 40,
    stateful_step_count=50,
    derandomize=not SOAK,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
