"""Stdin and stdout belong to the protocol, whatever handlers and their children do."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

pytestmark = pytest.mark.process

STRAYS = ["print", "__stdout__", "buffer", "os.write", "printf", "logging", "child", "system"]
REQUEST = b'{"jsonrpc":"2.0","id":%d,"method":"add","params":[1,2]}\n'


@pytest.mark.parametrize("sockets", [False, True])
def test_a_call_is_answered_and_the_end_is_clean(start: Callable[..., Any], sockets: bool) -> None:
    worker = start(sockets=sockets)
    ready = worker.ready()
    assert ready["name"] == "Backend"
    assert ready["pid"] == worker.process.pid
    assert worker.call("add", 1, 2) == 3
    assert worker.end() == 0
    assert worker.rest() == []
    assert worker.errors() == "printed before serve\n<entered>\n<left>\n"


@pytest.mark.parametrize("sockets", [False, True])
def test_large_answers_arrive_whole(start: Callable[..., Any], sockets: bool) -> None:
    worker = start(sockets=sockets)
    worker.ready()
    for n in range(4):
        worker.send("repeat", "é", 1_000_000 + n, id=n)
    answers = worker.answers(4)
    assert {n: len(a["result"]) for n, a in answers.items()} == {n: 1_000_000 + n for n in range(4)}
    assert worker.end() == 0


def test_stray_text_goes_to_stderr_beside_calls(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    for n, how in enumerate([*STRAYS, "stderr"]):
        worker.send("stray", how, id=how)
        for i in range(20):
            worker.send("add", n, i, id=f"{n}+{i}")
    answers = worker.answers((len(STRAYS) + 1) * 21)
    assert all("result" in answer for answer in answers.values()), answers
    assert worker.end() == 0
    for how in [*STRAYS, "stderr"]:
        assert f"stray by {how} é\n" in worker.errors()


@pytest.mark.parametrize("how", ["sys", "__sys__", "fd", "input", "child"])
def test_who_reads_stdin_sees_its_end_and_steals_nothing(
    start: Callable[..., Any], how: str
) -> None:
    worker = start()
    worker.ready()
    worker.send("readStdin", how, id="read")
    for n in range(20):
        worker.send("add", n, n, id=n)
    answers = worker.answers(21)
    assert answers["read"]["result"] == ""
    assert all(answers[n]["result"] == 2 * n for n in range(20))
    assert worker.end() == 0


def test_a_forked_child_has_no_hold_on_the_wire(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    assert worker.call("fork") == 0
    assert "text of a forked child\n" in worker.errors()
    assert worker.end() == 0


def test_of_a_handler_that_forks_and_returns_only_the_worker_answers(
    start: Callable[..., Any],
) -> None:
    worker = start()
    worker.ready()
    assert worker.call("forkAndReturn") == 1
    assert worker.call("add", 1, 2) == 3
    assert worker.end() == 0
    assert worker.rest() == []
    assert worker.errors().count("<left>") == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_while_calls_are_in_flight(start: Callable[..., Any], method: str) -> None:
    worker = start()
    worker.ready()
    worker.send("processes", method, id="pool")
    for n in range(20):
        worker.send("add", n, n, id=n)
    answers = worker.answers(21)
    assert answers["pool"].get("result") == ["A", "B"], answers["pool"]
    assert "text of a process in a pool\n" in worker.errors()
    assert worker.end() == 0
    assert worker.rest() == []


def test_a_signal_for_a_child_is_not_the_workers(start: Callable[..., Any]) -> None:
    worker = start()
    worker.ready()
    assert worker.call("terminateChild") == -15
    assert worker.call("add", 1, 2) == 3
    assert worker.end() == 0


def test_requests_from_a_file_are_all_answered(
    start: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    (tmp_path / "in").write_bytes(b"".join(REQUEST % n for n in range(2000)).rstrip())
    with (tmp_path / "in").open("rb") as source:
        worker = start(stdin=source)
    worker.ready()
    answers = worker.answers(2000)
    assert all(answers[n].get("result") == 3 for n in range(2000))
    assert worker.rest() == []
    assert worker.wait() == 0


def test_the_null_device_as_stdin_is_an_end_at_once(start: Callable[..., Any]) -> None:
    worker = start(stdin=subprocess.DEVNULL)
    assert [message["method"] for message in worker.rest()] == ["$/ready"]
    assert worker.wait() == 0


def test_output_to_a_file(start: Callable[..., Any], tmp_path: pathlib.Path) -> None:
    with (tmp_path / "out").open("wb") as sink:
        worker = start(stdout=sink)
    worker.send_bytes(REQUEST % 1)
    assert worker.end() == 0
    lines = (tmp_path / "out").read_bytes().splitlines()
    assert json.loads(lines[0])["method"] == "$/ready"
    assert json.loads(lines[1])["result"] == 3
    assert len(lines) == 2


def test_a_terminal_is_told_what_this_is_and_served(start: Callable[..., Any]) -> None:
    primary, secondary = os.openpty()
    worker = start(stdin=secondary)
    worker.ready()
    worker.await_error("speaks JSON-RPC 2.0 here")
    os.write(primary, REQUEST % 1)
    assert worker.receive()["result"] == 3
    assert os.getpgid(worker.process.pid) == os.getpgid(0)
    os.write(primary, b"\x04")
    assert worker.wait() == 0
    os.close(primary)
    os.close(secondary)


@pytest.mark.parametrize(
    ("closed", "code"), [("<&-", 0), ("2>&-", 0), (">&-", 1), ("<&- >&- 2>&-", 1)]
)
def test_missing_descriptors(start: Callable[..., Any], closed: str, code: int) -> None:
    worker = start(prefix=("sh", "-c", f'exec "$@" {closed}', "sh"))
    if closed == "2>&-":
        worker.ready()
        assert worker.call("writeStderr", "text") == "text"
        worker.close_input()
    assert worker.wait() == code
    assert len(worker.rest()) <= 1
