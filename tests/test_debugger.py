"""`breakpoint()` in a worker: passed over, or typed into from another terminal."""

# pyright: reportPrivateUsage=false
# One state a process, which each test puts back.

from __future__ import annotations

import io
import re
import socket
import subprocess
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

import pytest

from rpc_worker import debugger
from rpc_worker.cli.attach import attach
from rpc_worker.cli.wording import UsageError
from tests.conversation import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Callable


class Said(io.StringIO):
    """A stderr that tells when a port has been named."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._patch = patch
        self._named = threading.Condition()
        self._ports: list[int] = []

    def install(self, *, enabled: bool) -> None:
        # pytest puts a stderr of its own in place when the test itself begins.
        self._patch.setattr(sys, "stderr", self)
        debugger.install(enabled)

    def write(self, text: str) -> int:
        count = super().write(text)
        with self._named:
            self._ports += map(int, re.findall(r"rpc-worker attach ([0-9]+)", text))
            self._named.notify_all()
        return count

    def port(self) -> int:
        with self._named:
            assert self._named.wait_for(lambda: self._ports, DEADLINE)
            return self._ports.pop(0)


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Said:
    said = Said(monkeypatch)
    monkeypatch.setattr(sys, "breakpointhook", sys.__breakpointhook__)
    monkeypatch.setattr(debugger, "_enabled", False)
    monkeypatch.delenv("PYTHONBREAKPOINT", raising=False)
    monkeypatch.delenv(debugger.ENABLED, raising=False)
    return said


def handler() -> int:
    number = 1
    breakpoint()  # noqa: T100 - that is what is tried
    number += 1
    breakpoint()  # noqa: T100 - as above
    return number


LINE = handler.__code__.co_firstlineno + 2
"""Where it stops first."""


class Running:
    """A function in a thread, as a handler runs."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._ended: list[Any] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._ended.append(self._function())

    def result(self) -> Any:
        self._thread.join(DEADLINE)
        assert self._ended, "it did not end"
        return self._ended[0]


def test_a_breakpoint_is_passed_over_and_says_how_to_stop_there(stderr: Said) -> None:
    stderr.install(enabled=False)
    assert handler() == 2
    text = stderr.getvalue()
    assert f"breakpoint() at {__file__}:{LINE} was passed over" in text
    for way in ("RPC_WORKER_DEBUGGER=1", "serve(…, debugger=True)", "rpc-worker run --debugger"):
        assert way in text
    assert not debugger.attached()


@pytest.mark.process
def test_a_terminal_attaches_looks_changes_and_goes_on_to_the_next_stop(stderr: Said) -> None:
    stderr.install(enabled=True)
    running = Running(handler)
    command = [sys.executable, "-c", ATTACH, str(stderr.port())]
    typed = f"p number\n!number = 40\nuntil {LINE + 2}\np number\ncontinue\n"
    said = subprocess.run(
        command, check=False, input=typed, capture_output=True, text=True, timeout=DEADLINE
    )
    assert running_to_its_end(running, stderr) == 41
    assert said.returncode == 0, said.stderr
    # Where it stops first is the line of the call, or from which on it goes on, as Python does it.
    assert re.search(rf"{re.escape(__file__)}\(({LINE}|{LINE + 1})\)handler\(\)", said.stdout)
    values = re.findall(r"\(Pdb\) (\d+)", said.stdout)
    assert values == ["1", "41"]
    assert "detached" in said.stdout
    assert f"breakpoint() at {__file__}:{LINE} waits for you" in stderr.getvalue()


ATTACH = "import sys; from rpc_worker.cli.attach import attach; sys.exit(attach(int(sys.argv[1])))"


def running_to_its_end(running: Running, stderr: Said) -> Any:
    """Let a handler go on at its second stop, and return what it returns."""
    with socket.create_connection(("127.0.0.1", stderr.port()), timeout=DEADLINE) as terminal:
        terminal.sendall(b"continue\n")
        return running.result()


@pytest.mark.parametrize("how", ["quit", "q", "exit", "gone"])
def test_whoever_leaves_lets_the_handler_go_on(stderr: Said, how: str) -> None:
    stderr.install(enabled=True)
    running = Running(handler)
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", stderr.port()), timeout=DEADLINE) as terminal:
            if how != "gone":
                terminal.sendall(f"{how}\n".encode())
                while terminal.recv(65536):
                    continue
    assert running.result() == 2


def test_a_terminal_that_set_breakpoints_stays(stderr: Said) -> None:
    stderr.install(enabled=True)
    running = Running(handler)
    with socket.create_connection(("127.0.0.1", stderr.port()), timeout=DEADLINE) as terminal:
        # From 3.13 on it stops before that line first, and until then `until` is refused there.
        typed = f"break {LINE + 3}\ncontinue\nuntil {LINE + 3}\np number * 7\nquit\n"
        terminal.sendall(typed.encode())
        heard = b""
        while chunk := terminal.recv(65536):
            heard += chunk
    assert b"(Pdb) 14" in heard
    assert running.result() == 2


def test_the_environment_enables_it(stderr: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(debugger.ENABLED, "1")
    stderr.install(enabled=False)
    assert debugger.attached()
    running = Running(handler)
    with socket.create_connection(("127.0.0.1", stderr.port()), timeout=DEADLINE):
        pass
    assert running_to_its_end(running, stderr) == 2


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.usefixtures("stderr")
def test_somebody_elses_debugger_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    def theirs() -> None:
        """Stand for an editor's."""

    monkeypatch.setattr(sys, "breakpointhook", theirs)
    debugger.install(enabled)
    assert sys.breakpointhook is theirs
    monkeypatch.setattr(sys, "breakpointhook", sys.__breakpointhook__)
    monkeypatch.setenv("PYTHONBREAKPOINT", "ipdb.set_trace")
    debugger.install(enabled)
    assert sys.breakpointhook is sys.__breakpointhook__


@pytest.mark.parametrize("client", [False, True])
@pytest.mark.usefixtures("stderr")
def test_clocks_rest_while_an_editor_is_attached(
    monkeypatch: pytest.MonkeyPatch, client: bool
) -> None:
    debugpy = types.ModuleType("debugpy")
    monkeypatch.setattr(debugpy, "is_client_connected", lambda: client, raising=False)
    monkeypatch.setitem(sys.modules, "debugpy", debugpy)
    assert debugger.attached() is client
    monkeypatch.delitem(sys.modules, "debugpy")
    pydevd = types.ModuleType("pydevd")
    monkeypatch.setattr(pydevd, "connected", client, raising=False)
    monkeypatch.setitem(sys.modules, "pydevd", pydevd)
    assert debugger.attached() is client


def test_nobody_waits_on_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UsageError, match=f"no worker waits on port {port} "):
        attach(port)
