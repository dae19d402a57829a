"""The machine of clients against a real worker, through real pipes."""

from __future__ import annotations

import os
import pathlib
import select
import tempfile
import time

import pytest
from hypothesis import HealthCheck, settings

from tests.machine import Asked, Machine, Outcome
from tests.process.conftest import DEADLINE, Worker

SOAK = "SOAK" in os.environ
PERFORMER = pathlib.Path(__file__).parent.parent / "performer.py"


class ProcessMachine(Machine):
    """Each example has a worker of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.worker = Worker(pathlib.Path(self._folder.name) / "stderr", str(PERFORMER))
        self.worker.ready()
        self._partial = b""
        super().__init__()

    def write(self, data: bytes) -> None:
        self.worker.send_bytes(data)

    def read(self) -> list[bytes]:
        while self._readable(0) and (chunk := os.read(self.worker.output, 1 << 20)):
            self._partial += chunk
        *lines, self._partial = self._partial.split(b"\n")
        return lines

    def until_nothing_is_due(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while due := self.due():
            if not self._readable(deadline - time.monotonic()):
                pytest.fail(f"due: {due}; stderr: {self.worker.errors()}")

    def teardown(self) -> None:
        try:
            if not self.broken:
                self.end()
                self._rest()
                assert self.worker.end() == 0
                assert self.read() == []
                assert self._partial == b""
                assert "never" not in self.worker.errors()
        finally:
            self.worker.process.kill()
            self.worker.wait()
            self.worker.close_output()
            self.worker.close_input()
            self._folder.cleanup()

    def _readable(self, seconds: float) -> bool:
        return bool(select.select([self.worker.output], [], [], max(0.0, seconds))[0])

    def _rest(self) -> None:
        """Ask until every handler has come to its end; a thread may take its time."""
        deadline = time.monotonic() + DEADLINE
        tally = _Tally("", self.all[0])
        while tally.outcome != ("result", {"told": self.told}):
            assert time.monotonic() < deadline, (tally.outcome, self.told)
            tally = _Tally(self.new_id(self.all[0]), self.all[0])
            self.ask(tally, "tally", [])
            self.go()


class _Tally(Asked):
    outcome: Outcome = ("error", None)

    def check_own(self, outcome: Outcome) -> None:
        self.outcome = outcome


TestMachine = pytest.mark.process(ProcessMachine.TestCase)
TestMachine.settings = settings(
    max_examples=200 if SOAK else 6,
    stateful_step_count=50,
    derandomize=not SOAK,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
