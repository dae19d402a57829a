"""How a worker ends: its host closes or dies, signals come, handlers will not stop."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.process.conftest import alive, until

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

CANCELLED, SHUTTING_DOWN = -32800, -32802
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def code_of(message: Any) -> int:
    return int(message["error"]["code"])


# ------------------------------------------------------- E3: the host closes one of its ends


def test_at_the_end_of_the_input_running_handlers_have_their_grace(
    start: Callable[..., Any],
) -> None:
    worker = start()
    worker.ready()
    worker.send("sleep", 0.3, id=1)
    worker.send("sleepInThread", 0.3, id=2)
    worker.close_input()
    answers = worker.answers(2)
    assert [answers[n]["result"] for n in (1, 2)] == ["slept", "slept"]
    assert worker.rest() == []
    assert worker.wait() == 0


def test_after_the_grace_handlers_are_cancelled_and_answered(start: Callable[..., Any]) -> None:
    worker = start(GRACE="0.2")
    worker.ready()
    worker.send("sleep", 60, id=1)
    worker.send("sleepInThread", 60, id=2)
    worker.send("stubborn", id=3)
    worker.close_input()
    answers = worker.answers(3)
    assert {n: code_of(answer) for n, answer in answers.items()} == dict.fromkeys(
        (1, 2, 3), CANCELLED
    )
    assert worker.wait(5) == 0


def test_a_host_that_closes_only_stdout_ends_an_idle_worker(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    worker.close_output()
    assert worker.wait(5) == 0
    assert "<left>" in worker.errors()


def test_a_host_that_closes_only_stdout_ends_a_busy_worker_without_a_grace(
    start: Callable[..., Any],
) -> None:
    worker = start()
    worker.ready()
    worker.send("sleep", 60)
    worker.await_error("<sleeping>")
    began = time.monotonic()
    worker.close_output()
    assert worker.wait(5) == 1
    assert time.monotonic() - began < 3
    assert "<left>" in worker.errors()


@pytest.mark.parametrize("sockets", [False, True])
def test_a_host_that_closes_only_stderr_is_served_on(
    start: Callable[..., Any], sockets: bool
) -> None:
    read, write = os.pipe()
    worker = start(stderr_to=write, sockets=sockets)
    os.close(write)
    worker.ready()
    os.close(read)
    assert worker.call("writeStderr", "é" * 10_000) == "é" * 10_000
    assert worker.call("stray", "__stdout__") == "__stdout__"
    assert worker.call("add", 1, 2) == 3
    assert worker.end() == 0


# --------------------------------------------------------------------------- E4: signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_an_idle_worker(start: Callable[..., Any], number: signal.Signals) -> None:
    worker = start()
    worker.ready()
    worker.process.send_signal(number)
    assert worker.wait() == 0
    assert "<left>" in worker.errors()


def test_a_signal_right_after_the_end_of_the_input_changes_nothing(
    start: Callable[..., Any],
) -> None:
    for number in [*SIGNALS] * 5:
        worker = start()
        worker.ready()
        worker.close_input()
        # The end of the output is the last thing to be seen before the interpreter's own end.
        assert worker.receive() is None
        worker.process.send_signal(number)
        assert worker.wait() == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_after_a_signal_what_runs_is_answered_and_what_comes_is_refused(
    start: Callable[..., Any], number: signal.Signals
) -> None:
    worker = start()
    worker.ready()
    worker.send("sleep", 0.5, id="runs")
    worker.await_error("<sleeping>")
    worker.process.send_signal(number)
    # The signal may be handled after the next request has been read: send until one is refused.
    message: Any = {}
    while "error" not in message:
        worker.send("add", 1, 1, id=1)
        message = worker.receive()
    assert code_of(message) == SHUTTING_DOWN
    assert worker.receive() == {"jsonrpc": "2.0", "id": "runs", "result": "slept"}
    assert worker.rest() == []
    assert worker.wait() == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_worker_at_once(
    start: Callable[..., Any], number: signal.Signals
) -> None:
    worker = start()
    worker.ready()
    worker.send("block", 60)
    worker.await_error("<blocking>")
    # The same signal twice may be delivered as one: two different ones.
    worker.process.send_signal(signal.SIGTERM if number != signal.SIGTERM else signal.SIGHUP)
    worker.process.send_signal(number)
    assert worker.wait(5) in {128 + number, 128 + signal.SIGTERM, 128 + signal.SIGHUP}


def test_output_that_the_host_does_not_take_is_dropped_after_the_grace(
    start: Callable[..., Any],
) -> None:
    worker = start(GRACE="0.3")
    worker.ready()
    worker.send("repeat", "x", 10_000_000)
    worker.send("sleep", 0, id=2)
    worker.await_error("<sleeping>")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 1
    # The line was cut, as it must be, when the worker ended in the middle of it.
    worker.forget_output()


def test_a_handler_that_blocks_the_loop_does_not_outlive_the_grace_by_much(
    start: Callable[..., Any],
) -> None:
    worker = start(GRACE="0.1")
    worker.ready()
    worker.send("block", 60)
    worker.await_error("<blocking>")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.wait(6) == 1
    assert "not ended 3.1 s after it was asked to" in worker.errors()


def test_shutdown_is_answered_and_then_ends_the_worker(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    assert worker.call("system.shutdown") is None
    assert worker.wait() == 0
    assert worker.rest() == []


# ------------------------------------------------------------------- E5: storms, stops


def test_a_storm_of_other_signals_loses_nothing(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    worker.send("storm", 2000, id="storm")
    for n in range(200):
        worker.send("add", n, n, id=n)
    answers = worker.answers(201)
    assert answers["storm"]["result"] == 2000
    assert all(answers[n]["result"] == 2 * n for n in range(200))
    assert worker.end() == 0


def test_a_worker_that_was_stopped_goes_on(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    worker.process.send_signal(signal.SIGSTOP)
    for n in range(100):
        worker.send("add", n, n, id=n)
    worker.process.send_signal(signal.SIGCONT)
    assert len(worker.answers(100)) == 100
    assert worker.end() == 0


# ------------------------------------------------- E1, E2: the host's process is gone

HOST = """
import os, subprocess, sys
sibling = sys.argv[1] == "sibling"
env = dict(os.environ, PYTHONUNBUFFERED="")
if sys.argv[2] == "told":
    env["RPC_WORKER_HOST_PID"] = str(os.getpid())
else:
    env.pop("RPC_WORKER_HOST_PID", None)
command = sys.argv[3:]
if sys.argv[2] == "told":
    # A launcher between the host and the worker, which lives on.
    command = ["sh", "-c", '"$@"; true', "sh", *command]
worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
if sibling:
    holder = subprocess.Popen(["sleep", "600"], pass_fds=[worker.stdin.fileno()])
    print(holder.pid, flush=True)
worker.stdout.readline()
for line in sys.stdin.buffer:
    worker.stdin.write(line)
    worker.stdin.flush()
    if b'"wait"' in line:
        sys.stdout.buffer.write(worker.stdout.readline())
        sys.stdout.flush()
"""


@pytest.mark.parametrize("told", ["told", "untold"])
@pytest.mark.parametrize("busy", ["idle", "coroutine", "thread", "blocked"])
@pytest.mark.parametrize("sibling", ["alone", "sibling"])
def test_the_worker_and_its_children_are_gone_soon_after_the_host(
    tmp_path: pathlib.Path, told: str, busy: str, sibling: str
) -> None:
    backend = str(pathlib.Path(__file__).with_name("backend.py"))
    command = [sys.executable, "-c", HOST, sibling, told, sys.executable, backend]
    holder = 0
    with (
        (tmp_path / "stderr").open("wb") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as host,
    ):
        assert host.stdin is not None
        assert host.stdout is not None
        try:
            if sibling == "sibling":
                holder = int(host.stdout.readline())
            pid, *_ = result_of(host, "group")
            child = result_of(host, "child")
            assert alive(pid)
            assert alive(child)
            if busy != "idle":
                name = {"coroutine": "sleep", "thread": "sleepInThread", "blocked": "block"}[busy]
                send(host, name, [60], "busy")
                deadline = time.monotonic() + 20
                while b"ing>" not in (tmp_path / "stderr").read_bytes():
                    assert time.monotonic() < deadline
                    os.sched_yield()
        finally:
            host.kill()
        killed = time.monotonic()
        try:
            while alive(pid) or alive(child):
                assert time.monotonic() - killed < 10, (alive(pid), alive(child))
                os.sched_yield()
            assert time.monotonic() - killed < 2
        finally:
            if holder:
                os.kill(holder, signal.SIGKILL)
    assert b"Traceback" not in (tmp_path / "stderr").read_bytes()


def send(host: subprocess.Popen[bytes], method: str, params: list[object], identity: str) -> None:
    assert host.stdin is not None
    text = f'{{"jsonrpc":"2.0","id":"{identity}","method":"{method}","params":{params}}}\n'
    host.stdin.write(text.encode())
    host.stdin.flush()


def result_of(host: subprocess.Popen[bytes], method: str) -> Any:
    send(host, method, [], "wait")
    assert host.stdout is not None
    return json.loads(host.stdout.readline())["result"]


def test_a_worker_leads_a_group_of_its_own(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    pid, group, parent = worker.call("group")
    assert pid == group == worker.process.pid
    assert parent == os.getpid()
    assert worker.end() == 0


def test_a_host_that_is_gone_already_is_noticed(start: Callable[..., Any]) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    worker = start(RPC_WORKER_HOST_PID=str(ended.pid))
    assert worker.wait() == -signal.SIGKILL
    assert f"the host's process, {ended.pid}, is gone" in worker.errors()


def test_a_host_pid_that_is_none_is_said_and_ignored(start: Callable[..., Any]) -> None:
    worker = start(RPC_WORKER_HOST_PID="host")
    worker.ready()
    assert worker.end() == 0
    assert "RPC_WORKER_HOST_PID is 'host', which is no process id" in worker.errors()


# ------------------------------------------------------------- what is left at the end


def end_by_signals(worker: Any) -> None:
    worker.process.send_signal(signal.SIGTERM)
    worker.await_error("a second signal ends it")
    worker.process.send_signal(signal.SIGTERM)


def end_by_closing(worker: Any) -> None:
    worker.close_input()


@pytest.mark.parametrize(
    ("how", "end", "code"),
    [
        ("left", end_by_closing, 0),
        ("awaited", end_by_closing, 0),
        ("awaited", end_by_signals, 128 + signal.SIGTERM),
        ("behind a blocked loop", end_by_closing, 1),
    ],
)
def test_no_child_outlives_the_worker(
    start: Callable[..., Any], how: str, end: Callable[[Any], None], code: int
) -> None:
    worker = start(GRACE="0.2" if end is end_by_closing else "60")
    worker.ready()
    if how == "left":
        child = worker.call("child")
    else:
        worker.send("waitForChild")
        worker.await_error("<child")
        child = int(worker.errors().partition("<child ")[2].partition(">")[0])
    if how == "behind a blocked loop":
        worker.send("block", 60, id=2)
        worker.await_error("<blocking>")
        worker.process.send_signal(signal.SIGINT)
    assert alive(child)
    end(worker)
    assert worker.wait(8) == code
    until(lambda: not alive(child))


def test_a_child_in_a_session_of_its_own_outlives_the_worker(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    left, detached = worker.call("child"), worker.call("child", True)
    try:
        assert worker.end() == 0
        until(lambda: not alive(left))
        assert alive(detached)
    finally:
        os.kill(detached, signal.SIGKILL)


def test_the_rest_of_a_shells_pipeline_outlives_the_worker(tmp_path: pathlib.Path) -> None:
    """A shell makes the first process of a pipeline the leader of all of them."""
    backend = str(pathlib.Path(__file__).with_name("backend.py"))
    with (tmp_path / "stderr").open("wb") as errors:
        worker = subprocess.Popen(
            [sys.executable, backend],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            process_group=0,
        )
    with subprocess.Popen(["sleep", "600"], process_group=worker.pid) as rest:
        try:
            worker.communicate(timeout=20)
            assert worker.returncode == 0
            assert rest.poll() is None
        finally:
            rest.kill()


@pytest.mark.parametrize("how", ["task", "failing"])
def test_tasks_that_nobody_awaits_make_no_noise(start: Callable[..., Any], how: str) -> None:
    worker = start()
    worker.ready()
    assert worker.call("background", how) == how
    assert worker.end() == 0
    assert "never retrieved" not in worker.errors()
    assert "was destroyed" not in worker.errors()


def test_a_thread_that_nobody_ends_is_named_and_ended(start: Callable[..., Any]) -> None:
    worker = start(GRACE="0.1")
    worker.ready()
    assert worker.call("background", "thread") == "thread"
    worker.close_input()
    assert worker.wait(6) == 0
    assert "threads that still run: endless" in worker.errors()
