"""Real workers on real pipes, and the promise that nothing but the protocol is ever on stdout."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BACKEND = pathlib.Path(__file__).with_name("backend.py")
DEADLINE = 20.0
"""Seconds for anything at all: far more than it takes, on a machine that does much else."""


class Worker:
    """A worker under test, and the host's ends of its pipes.

    Args:
        command: What follows the interpreter; the backend of these tests by default.
        sockets: Whether stdin and stdout are sockets, as Node makes them, instead of pipes.
        stdin: What else stdin is.
        stderr: What stderr is; a file by default, which never pushes back.
    """

    def __init__(
        self,
        stderr: pathlib.Path,
        *command: str,
        sockets: bool = False,
        stdin: Any = None,
        stdout: Any = None,
        stderr_to: Any = None,
        prefix: tuple[str, ...] = (),
        **env: str,
    ) -> None:
        self._stderr = stderr
        self._received = bytearray()
        self._read = 0
        self.input: Any = None
        self.output: int = -1
        theirs: list[Any] = []
        if stdin is None:
            stdin, self.input = _channel(sockets=sockets, reading=True)
            theirs.append(stdin)
        if stdout is None:
            stdout, ours = _channel(sockets=sockets, reading=False)
            self.output = ours.fileno()
            self._output_file = ours
            theirs.append(stdout)
        with stderr.open("ab") as errors:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, *(command or (str(BACKEND),))],
                stdin=stdin,
                stdout=stdout,
                stderr=errors if stderr_to is None else stderr_to,
                # What a script prints before it calls `serve` must still be in its buffer then.
                env={**os.environ, "PYTHONUNBUFFERED": "", **env},
            )
        for end in theirs:
            end.close()

    # ------------------------------------------------------------------------ the protocol

    def send(self, method: str, *params: object, id: object = 1) -> None:  # noqa: A002 - JSON-RPC's word
        request = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
        self.send_bytes(json.dumps(request).encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        assert self.input is not None
        self.input.write(data)
        self.input.flush()

    def receive(self) -> Any:
        """Return the next message, or None at the end of the output."""
        line = self._line()
        return None if line is None else json.loads(line)

    def ready(self) -> Any:
        message = self.receive()
        assert message is not None, self.errors()
        assert message["method"] == "$/ready", message
        return message["params"]

    def call(self, method: str, *params: object) -> Any:
        """Call, and return the result of what must be the next message."""
        self.send(method, *params, id="call")
        message = self.receive()
        assert message is not None, self.errors()
        assert message.get("id") == "call", message
        assert "result" in message, message
        return message["result"]

    def answers(self, count: int) -> dict[Any, Any]:
        """Return the next messages, which must be answers, by id."""
        messages = [self.receive() for _ in range(count)]
        assert all(messages), (messages, self.errors())
        assert len({message["id"] for message in messages}) == count
        return {message["id"]: message for message in messages}

    def rest(self) -> list[Any]:
        """Return all messages until the end of the output."""
        return [*iter(self.receive, None)]

    # ------------------------------------------------------------------------- the process

    def close_input(self) -> None:
        assert self.input is not None
        with contextlib.suppress(BrokenPipeError):
            self.input.close()

    def forget_output(self) -> None:
        """Do not look at the output any more: its last line was cut."""
        self._received = self._received[: self._read]
        self.close_output()

    def close_output(self) -> None:
        self._output_file.close()
        self.output = -1

    def wait(self, timeout: float = DEADLINE) -> int:
        return self.process.wait(timeout)

    def end(self) -> int:
        """Close stdin, and return the exit code."""
        self.close_input()
        return self.wait()

    def errors(self) -> str:
        return self._stderr.read_text(encoding="utf-8")

    def await_error(self, text: str) -> None:
        """Wait until stderr has a text."""
        until(lambda: text in self.errors(), lambda: f"{text!r} in {self.errors()!r}")

    def check(self) -> None:
        """End what is left, and see that all of stdout was the protocol's."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        if self.output >= 0:
            self.rest()
            self._output_file.close()
        if self.input is not None:
            self.close_input()
        assert not self._received or self._received.endswith(b"\n"), self._received[-200:]
        lines = self._received.split(b"\n")[:-1]
        for index, line in enumerate(lines):
            message: Any = json.loads(line.decode("utf-8"))
            # kkrpc's answers are known by what JSON-RPC's have not.
            assert message.get("jsonrpc") == "2.0" or {"t", "type"} & {*message}, line
            assert (message.get("method") in {"$/ready", "$/fatal"}) == (index == 0), line

    def _line(self) -> bytes | None:
        deadline = time.monotonic() + DEADLINE
        while (end := self._received.find(b"\n", self._read)) < 0:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.output], [], [], left)[0]:
                pytest.fail(f"nothing came within {DEADLINE} s; stderr: {self.errors()}")
            try:
                chunk = os.read(self.output, 1 << 20)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return None
            self._received += chunk
        line = bytes(self._received[self._read : end])
        self._read = end + 1
        return line


def until(condition: Callable[[], bool], what: Callable[[], str] = str) -> None:
    """Wait for something that only looking can tell."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, what()
        select.select([], [], [], 0.005)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waits for does not."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _channel(*, sockets: bool, reading: bool) -> tuple[Any, Any]:
    """Return the worker's end and the host's end."""
    if sockets:
        theirs, ours = socket.socketpair()
        with ours:
            return theirs, ours.makefile("wb" if reading else "rb", buffering=0)
    r, w = os.pipe()
    if reading:
        return os.fdopen(r, "rb"), os.fdopen(w, "wb", 0)
    return os.fdopen(w, "wb", 0), os.fdopen(r, "rb", 0)


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker; at the end of the test it is ended, and its stdout checked."""
    workers: list[Worker] = []

    def start(*command: str, **options: Any) -> Worker:
        worker = Worker(tmp_path / f"stderr-{len(workers)}", *command, **options)
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.check()
