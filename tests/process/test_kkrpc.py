"""A page that speaks kkrpc, through real pipes, beside one that speaks JSON-RPC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.process.conftest import Worker

STREAM = {"__kkrpc_next_stream__": "async-iterable"}


def say(worker: Worker, message: Any) -> None:
    worker.send_bytes(json.dumps(message, separators=(",", ":")).encode() + b"\n")


def query(identity: str, method: str, *args: object) -> dict[str, Any]:
    return {"t": "q", "id": identity, "op": "call", "p": [method], "a": [*args]}


def test_calls_of_each_dialect_on_one_pipe(start: Callable[..., Worker]) -> None:
    worker = start()
    worker.ready()
    say(worker, query("a", "add", 1, 2))
    assert worker.receive() == {"t": "r", "id": "a", "v": 3}
    inner = {"id": "b", "method": "add", "args": [1, 3], "type": "request", "callbackIds": None}
    say(worker, {"json": inner, "meta": {"values": {"callbackIds": ["undefined"]}, "v": 1}})
    assert worker.receive()["args"] == {"result": 4}
    assert worker.call("add", 1, 4) == 5
    say(worker, query("c", "change", "new"))
    assert worker.receive() == {"jsonrpc": "2.0", "method": "changed", "params": ["new"]}
    assert worker.receive() == {"t": "r", "id": "c"}
    long = "x" * 1_000_000
    say(worker, query("d", "repeat", long, 1))
    assert worker.receive() == {"t": "r", "id": "d", "v": long}
    assert worker.end() == 0


def test_a_handler_calls_the_page_from_the_loop_and_from_a_thread(
    start: Callable[..., Worker],
) -> None:
    worker = start()
    worker.ready()
    for method in ("ask", "askInThread"):
        say(worker, query("a", method, "sure?"))
        asked = worker.receive()
        assert (asked["t"], asked["p"]) == ("q", ["confirm"])
        say(worker, {"t": "r", "id": asked["id"], "v": True})
        assert worker.receive() == {"t": "r", "id": "a", "v": True}
    assert worker.end() == 0


def test_what_runs_when_the_worker_ends_is_answered_in_its_dialect(
    start: Callable[..., Worker],
) -> None:
    worker = start(GRACE="0")
    worker.ready()
    say(worker, query("a", "sleep", 600))
    say(worker, query("b", "count"))
    opened = worker.receive()
    assert (opened["id"], opened["v"] | STREAM) == ("b", opened["v"])
    worker.await_error("<sleeping>")
    worker.input.close()
    assert worker.receive()["e"]["n"] == "Cancelled"
    worker.await_error("left the stream")
