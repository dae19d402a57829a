"""What goes both ways, through real pipes: cancels, deadlines, calls back, events, sessions."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.process.conftest import Worker

CANCEL = b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}\n'


@pytest.mark.parametrize("method", ["sleep", "sleepInThread"])
def test_a_cancel_reaches_a_handler_wherever_it_runs(
    start: Callable[..., Worker], method: str
) -> None:
    worker = start(GRACE="0")
    worker.ready()
    worker.send(method, 3)
    worker.await_error("<sleeping>")
    worker.send_bytes(CANCEL)
    assert worker.receive()["error"] == {"code": -32800, "message": "Cancelled"}
    assert worker.call("add", 1, 2) == 3
    worker.end()


@pytest.mark.parametrize("method", ["sleep", "sleepInThread", "stubborn"])
def test_a_deadline_is_kept_wherever_a_handler_runs(
    start: Callable[..., Worker], method: str
) -> None:
    worker = start(GRACE="0")
    worker.ready()
    params = "[]" if method == "stubborn" else "[3]"
    line = f'{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params},"timeoutMs":50}}\n'
    worker.send_bytes(line.encode())
    assert worker.receive()["error"]["code"] == -32050
    assert worker.call("add", 1, 2) == 3
    worker.end()


@pytest.mark.parametrize("method", ["ask", "askInThread"])
def test_a_handler_calls_the_window_that_called_it(
    start: Callable[..., Worker], method: str
) -> None:
    worker = start()
    worker.ready()
    worker.send("system.hello", "S", id="S:0")
    assert worker.receive()["id"] == "S:0"
    worker.send(method, "sure?", id="S:1")
    asked = worker.receive()
    assert (asked["id"], asked["method"], asked["params"]) == ("S:w1", "confirm", ["sure?"])
    worker.send_bytes(b'{"jsonrpc":"2.0","id":"S:w1","result":true}\n')
    assert worker.receive() == {"jsonrpc": "2.0", "id": "S:1", "result": True}
    assert worker.end() == 0


def test_an_event_and_the_state_of_the_lifespan(start: Callable[..., Worker]) -> None:
    worker = start()
    worker.ready()
    worker.send("change", "new")
    assert worker.receive() == {"jsonrpc": "2.0", "method": "changed", "params": ["new"]}
    assert worker.receive()["result"] is None
    assert worker.call("state") == "the state"
    assert worker.end() == 0


def test_a_session_that_ends_takes_its_calls_along(start: Callable[..., Worker]) -> None:
    worker = start()
    worker.ready()
    worker.send("system.hello", "S", id="S:0")
    worker.send("sleep", 600, id="S:1")
    worker.send("ask", "?", id="S:2")
    assert {worker.receive()["id"], worker.receive()["id"]} == {"S:0", "S:w1"}
    worker.send_bytes(b'{"jsonrpc":"2.0","method":"$/endSession","params":{"session":"S"}}\n')
    answers = worker.answers(2)
    assert {answer["error"]["code"] for answer in answers.values()} == {-32800}
    worker.send("add", 1, 2, id="S:3")
    assert worker.receive()["error"]["code"] == -32002
    assert worker.end() == 0


@pytest.mark.parametrize("how", ["end of file", "signal"])
def test_at_the_end_calls_back_fail_and_streams_are_left(
    start: Callable[..., Worker], how: str
) -> None:
    worker = start(GRACE="0.2")
    worker.ready()
    worker.send("count")
    assert worker.receive()["result"]["token"]
    worker.send("ask", "?", id=2)
    assert worker.receive()["method"] == "confirm"
    if how == "signal":
        worker.process.send_signal(signal.SIGTERM)
    else:
        worker.close_input()
    assert worker.wait() == 0
    answers = {m["id"]: m for m in worker.rest() if "id" in m and "method" not in m}
    code = answers[2]["error"]["code"]
    assert code == (-32800 if how == "signal" else -32603)
    assert "<left the stream>" in worker.errors()


def test_what_is_logged_and_what_strays_is_sent_to_who_asks(start: Callable[..., Worker]) -> None:
    worker = start()
    worker.ready()
    worker.send("system.hello", "S", "main", "info", id="S:0")
    assert worker.receive()["id"] == "S:0"
    worker.send("stray", "os.write")
    messages = [worker.receive(), worker.receive()]
    (log,) = [m["params"] for m in messages if m.get("method") == "$/log"]
    assert log == {
        "level": "info",
        "logger": "stdout",
        "message": "stray by os.write é",
        "stream": "stdout",
    }
    assert worker.end() == 0
