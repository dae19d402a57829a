"""A page in Node, and the worker that it has started: values go there, and come back."""

from __future__ import annotations

import json
import os
import pickle
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from rpc_worker.reading.names import camel
from tests.roundtrip.bad import BAD
from tests.roundtrip.cases import CASES

if TYPE_CHECKING:
    from tests.roundtrip.project import Project

ROOT: Final = Path(__file__).parents[2]
DEADLINE: Final = 60.0
"""Seconds for one answer: far more than it takes, on a machine that does much else."""

Came: TypeAlias = dict[str, dict[int, Any]]
"""What came back, by the way that it took and its number."""


class Refusal(msgspec.Struct, frozen=True):
    """What became of a value that must not be sent.

    Attributes:
        refused: What the call failed with; None if it did not.
        writes: How often the page wrote anything.
        strays: What the channel was told, besides.
        came: What has reached the worker.
    """

    refused: str | None
    writes: int
    strays: list[str]
    came: Came


class Page:
    """The page of a project.

    The values themselves lie in files, so that none of them takes a way that is not under test.
    """

    def __init__(self, project: Project) -> None:
        folder = project.folder
        self._given, self._came, self._stderr = folder / "given", folder / "came", folder / "stderr"
        self._received = b""
        with self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(
                ["node", project.bundle(), sys.executable, self._given, self._came],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                bufsize=0,
            )

    def travel(self, case: str, values: list[Any]) -> tuple[dict[str, str], Came]:
        """Let values travel all ways; return what went wrong, by way, and what came back."""
        return self._went({"travel": camel(case)}, case, values)

    def leave_out(self, case: str) -> Any:
        """Return what the worker takes for an option that is left out."""
        return self._went({"leaveOut": camel(case)}, case, [])[1]["left out"][0]

    def refuse(self, what: str, way: str) -> Refusal:
        """Send what must not be sent."""
        case = BAD[what].case
        told, came = self._went({"refuse": [what, way]}, case, [CASES[case].default])
        return Refusal(**told, came=came)

    def close(self) -> None:
        """End the page, which ends its worker, and look that nobody had to be told to."""
        stdin, stdout = self._pipes()
        stdin.close()
        try:
            assert self._process.wait(DEADLINE) == 0, self._errors()
        finally:
            self._process.kill()
            self._process.wait()
            stdout.close()

    def _went(self, command: dict[str, Any], case: str, values: list[Any]) -> tuple[Any, Came]:
        self._given.write_bytes(pickle.dumps((case, values)))
        told = self._ask(command)
        return told, pickle.loads(self._came.read_bytes())

    def _ask(self, command: dict[str, Any]) -> Any:
        stdin, stdout = self._pipes()
        stdin.write(json.dumps(command).encode() + b"\n")
        while b"\n" not in self._received:
            ready, _, _ = select.select([stdout], [], [], DEADLINE)
            if not ready:
                self._process.kill()  # What it might say later answers nothing.
            assert ready, f"nothing came within {DEADLINE} s; stderr: {self._errors()}"
            chunk = os.read(stdout.fileno(), 1 << 20)
            assert chunk, f"the page has ended; stderr: {self._errors()}"
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)

    def _pipes(self) -> tuple[Any, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _errors(self) -> str:
        return self._stderr.read_text(encoding="utf-8")
