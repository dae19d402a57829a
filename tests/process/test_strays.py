"""What strays to stdout reaches who asked for it, and stderr as ever."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

STRAYS = ["print", "__stdout__", "buffer", "os.write", "printf", "logging", "child", "system"]


def say(worker: Any, method: str, identity: str | None, **params: object) -> None:
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
    if identity is not None:
        message["id"] = identity
    worker.send_bytes(json.dumps(message).encode() + b"\n")


def greet(worker: Any, log: str) -> None:
    worker.ready()
    say(worker, "system.hello", "S:0", session="S", log=log)
    assert worker.receive()["id"] == "S:0"


def test_every_kind_of_stray_is_a_record(start: Callable[..., Any]) -> None:
    worker = start()
    greet(worker, "info")
    for how in STRAYS:
        worker.send("stray", how, id=how)
    messages = [worker.receive() for _ in range(2 * len(STRAYS))]
    answers = [message["result"] for message in messages if "id" in message]
    records = [message["params"] for message in messages if message.get("method") == "$/log"]
    assert sorted(answers) == sorted(STRAYS)
    assert sorted(record.pop("message") for record in records) == sorted(
        f"stray by {how} é" for how in STRAYS
    )
    assert {tuple(record.items()) for record in records} == {
        (("level", "info"), ("logger", "stdout"), ("stream", "stdout"))
    }
    assert worker.end() == 0
    for how in STRAYS:
        assert f"stray by {how} é\n" in worker.errors()


@pytest.mark.parametrize("log", ["warning", "info"])
def test_after_the_last_who_asked_strays_go_to_stderr_alone(
    start: Callable[..., Any], log: str
) -> None:
    worker = start()
    greet(worker, log)
    say(worker, "$/endSession", None, session="S")
    assert worker.call("stray", "os.write") == "os.write"
    assert worker.end() == 0
    assert worker.rest() == []
    assert "stray by os.write é\n" in worker.errors()


def test_a_child_that_outlives_the_worker_does_not_hold_it_up(start: Callable[..., Any]) -> None:
    worker = start()
    greet(worker, "info")
    child = worker.call("child", True)
    try:
        for n in range(50):
            worker.send("stray", "os.write", id=n)
        assert worker.end() == 0
        assert worker.errors().count("stray by os.write é\n") == 50
    finally:
        os.kill(child, signal.SIGKILL)
