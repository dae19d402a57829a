"""One conversation: each request gets exactly one answer."""

# pyright: reportPrivateUsage=false
# Sessions are remembered, and do nothing yet.

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from rpc_worker import Limits, inline
from tests.conversation import Conversation, converse, is_batch, request, talk, turns
from tests.reference import Reference

CALLS = json.loads((Path(__file__).parent / "vectors" / "calls.json").read_text("utf-8"))["cases"]
SPECIFICATION = json.loads(
    (Path(__file__).parent / "vectors" / "specification.json").read_text("utf-8")
)["cases"]


@pytest.mark.parametrize("case", CALLS, ids=[case["name"] for case in CALLS])
@pytest.mark.parametrize("cut", ["whole", "byte by byte"])
def test_call_vector(case: dict[str, Any], cut: str) -> None:
    line = case["request"].encode() + b"\n"
    chunks = [line] if cut == "whole" else [line[i : i + 1] for i in range(len(line))]
    assert converse(lambda it: it.say(*chunks), Reference()) == [case["response"].encode()]


@pytest.mark.parametrize("case", SPECIFICATION, ids=[case["name"] for case in SPECIFICATION])
def test_the_specifications_example(case: dict[str, Any]) -> None:
    answers = talk(Reference(), case["line"].encode() + b"\n")
    if case["answer"] is None:
        assert answers == []
        return
    (answer,) = answers
    if is_batch(answer):
        assert sorted(map(shortened, answer), key=canonical) == sorted(
            case["answer"], key=canonical
        )
    else:
        assert shortened(answer) == case["answer"]


def canonical(answer: object) -> str:
    return json.dumps(answer, sort_keys=True)


def shortened(answer: Any) -> Any:
    """Return an answer with no more of an error than its code, and the specification's words."""
    if "error" not in answer:
        return answer
    error = answer["error"]
    message = error["message"].partition(":")[0]
    return {**answer, "error": {"code": error["code"], "message": message}}


# ------------------------------------------------------------------- ids, exactly one answer


@pytest.mark.parametrize(
    "identity",
    [
        "0",
        "-0",
        "1.0",
        "1e2",
        "1.5",
        "9007199254740993",
        "18446744073709551616",
        "1" * 400,
        '""',
        '"S:1"',
        '"\\u00e9"',
        '"é"',
        "null",
        '"' + "x" * 1000000 + '"',
    ],
    ids=lambda identity: identity[:12],
)
def test_an_id_is_echoed_byte_for_byte(identity: str) -> None:
    line = f'{{"jsonrpc":"2.0","id":{identity},"method":"nothing"}}\n'.encode()
    (answer,) = converse(lambda it: it.say(line), Reference())
    assert answer == f'{{"jsonrpc":"2.0","id":{identity},"result":null}}'.encode()


def test_ids_are_the_same_only_if_their_bytes_are() -> None:
    ids = ["1", '"1"', "1.0", "1e0"]
    line = "".join(f'{{"jsonrpc":"2.0","id":{i},"method":"nothing"}}\n' for i in ids).encode()
    answers = converse(lambda it: it.say(line), Reference())
    assert answers == [f'{{"jsonrpc":"2.0","id":{i},"result":null}}'.encode() for i in ids]


def test_an_id_that_is_in_flight_is_refused_with_id_null_and_the_first_is_answered() -> None:
    first, second = talk(Reference(), request("S:1", "nothing") * 2)
    assert first == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {
            "code": -32600,
            "message": 'Invalid Request: the id "S:1" is in flight already',
            "data": {"id": "S:1"},
        },
    }
    assert second == {"jsonrpc": "2.0", "id": "S:1", "result": None}


def test_an_id_can_be_used_again_once_it_has_been_answered() -> None:
    async def main(conversation: Conversation) -> list[bytes]:
        await conversation.say(request(1, "nothing"))
        return await conversation.say(request(1, "nothing"))

    assert len(converse(main, Reference())) == 2


def test_a_broken_line_with_an_id_in_flight_does_not_take_its_answer() -> None:
    broken = b'{"jsonrpc":"2.0","id":7,"method":"nothing","params":[}\n'
    first, second = talk(Reference(), request(7, "nothing") + broken)
    assert (first["id"], first["error"]["code"]) == (None, -32700)
    assert second == {"jsonrpc": "2.0", "id": 7, "result": None}


def test_what_looks_like_an_answer_is_never_answered() -> None:
    lines = b"".join(
        line + b"\n"
        for line in (
            b'{"jsonrpc":"2.0","id":"w1","result":1}',
            b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}',
            b'{"jsonrpc":"2.0","id":null,"error":null}',
            b'[{"jsonrpc":"2.0","id":1,"result":1}]',
        )
    )
    assert talk(Reference(), lines) == []


@pytest.mark.parametrize(
    "method",
    [
        "rpc.x",
        "system.x",
        "$/x",
        "__class__",
        "_private",
        "text",
        "text.__class__",
        "subtract.x",
        "a.__globals__",
        "__proto__",
        "constructor",
        "",
        "text.",
        ".text",
        "get_data",
    ],
)
def test_a_name_that_the_contract_does_not_have_is_no_method(method: str) -> None:
    (answer,) = talk(Reference(), request(1, method))
    assert (answer["id"], answer["error"]["code"]) == (1, -32601)
    assert answer["error"]["data"] == {"method": method}
    # As a notification it is ignored.
    assert talk(Reference(), request(1, method).replace(b'"id": 1, ', b"")) == []


# --------------------------------------------------------------------------------- batches


def test_an_id_twice_in_a_batch() -> None:
    entry = request(1, "nothing").strip()
    ((first, second),) = talk(Reference(), b"[" + entry + b"," + entry + b"]\n")
    assert (first["id"], first["error"]["code"]) == (None, -32600)
    assert second == {"jsonrpc": "2.0", "id": 1, "result": None}


def test_a_batch_within_a_batch_is_an_invalid_entry() -> None:
    ((answer,),) = talk(Reference(), b'[[{"jsonrpc":"2.0","id":1,"method":"nothing"}]]\n')
    assert answer == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32600, "message": "Invalid Request: a batch within a batch"},
    }


def test_a_batch_past_the_limit_is_one_error() -> None:
    batch = b"[" + b",".join([b"1"] * 11) + b"]\n"
    answer, after = talk(
        Reference(), batch + request(1, "nothing"), limits=Limits(batch_entries=10)
    )
    assert answer == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {
            "code": -32010,
            "message": "Batch too large: 11 entries, the limit is 10",
            "data": {"limit": 10, "received": 11},
        },
    }
    assert after["result"] is None


def test_an_entry_that_makes_the_answer_too_large_is_an_error_and_the_others_are_not() -> None:
    entries = [request(i, "greet", ["x" * 300]).strip() for i in range(3)]
    (answers,) = talk(
        Reference(), b"[" + b",".join(entries) + b"]\n", limits=Limits(response_bytes=900)
    )
    outcomes = {answer["id"]: answer.get("error", {}).get("code") for answer in answers}
    assert outcomes == {0: None, 1: None, 2: -32008}


def test_a_batch_is_answered_once_when_all_of_it_is_done() -> None:
    class Slow:
        async def wait(self) -> str:
            await asyncio.sleep(0)
            return "waited"

        @inline
        def quick(self) -> str:
            return "quick"

    batch = b"[" + request(1, "wait").strip() + b"," + request(2, "quick").strip() + b"]\n"
    (answers,) = talk(Slow(), batch)
    assert {answer["id"]: answer["result"] for answer in answers} == {1: "waited", 2: "quick"}


# ---------------------------------------------------------------------------------- limits


def test_a_line_past_the_limit_is_answered_with_its_id_and_the_next_is_served() -> None:
    long = request("S:9", "greet", ["x" * 3_000])
    answer, after = talk(
        Reference(), long + request(1, "nothing"), limits=Limits(message_bytes=1_000)
    )
    assert (answer["id"], answer["error"]["code"]) == ("S:9", -32007)
    assert answer["error"]["data"] == {"limit": 1_000, "received": len(long) - 1}
    assert after == {"jsonrpc": "2.0", "id": 1, "result": None}


def test_a_result_past_the_limit_is_an_error() -> None:
    (answer,) = talk(
        Reference(), request(1, "greet", ["x" * 200]), limits=Limits(response_bytes=100)
    )
    assert answer["error"] == {
        "code": -32008,
        "message": "Response too large: 209 bytes, the limit is 100",
        "data": {"limit": 100, "received": 209},
    }


def test_a_large_result_arrives_whole() -> None:
    text = "x" * 1_000_000
    (answer,) = talk(Reference(), request(1, "greet", [text]))
    assert answer["result"] == f"Hello, {text}"


def test_requests_past_the_queue_are_refused_at_once() -> None:
    answers = talk(
        Reference(),
        b"".join(request(i, "nothing") for i in range(5)),
        limits=Limits(queued_requests=3),
    )
    refused = [answer for answer in answers if "error" in answer]
    assert [answer["id"] for answer in refused] == [3, 4]
    assert refused[0]["error"] == {
        "code": -32009,
        "message": "Busy: 3 requests wait already",
        "data": {"limit": 3, "received": 4},
    }
    assert [answer["id"] for answer in answers if "result" in answer] == [0, 1, 2]


def test_a_batch_and_what_follows_it_share_the_queue() -> None:
    batch = b"[" + b",".join(request(i, "nothing").strip() for i in range(3)) + b"]\n"
    more = b"".join(request(i, "nothing") for i in range(3, 6))
    answers = talk(Reference(), batch + more, limits=Limits(queued_requests=4))
    assert [answer["id"] for answer in answers if "error" in answer] == [4, 5]


def test_an_error_past_the_limit_of_answers_is_cut_down() -> None:
    class Verbose:
        async def fail(self) -> None:
            raise ValueError("x" * 5_000)

    (answer,) = talk(Verbose(), request(1, "fail"), limits=Limits(response_bytes=1_000))
    assert answer["error"]["code"] == -32008


def test_answers_that_wait_for_their_batch_count_as_backlog() -> None:
    gates = Gates()

    async def main(conversation: Conversation) -> None:
        large = request(1, "greet", ["x" * 1_000]).strip()
        batch = b"[" + large + b"," + request(2, "passThrough").strip() + b"]\n"
        talking = asyncio.create_task(conversation.say(batch))
        await turns(5)
        assert conversation.channel.backlog > 1_000
        gates.gate.set()
        await talking
        assert conversation.channel.backlog == 0

    converse(main, gates)


class Gates:
    """Handlers that a test lets go on."""

    async def greet(self, name: str) -> str:
        return name

    def __init__(self) -> None:
        self.started = 0
        self.gate = asyncio.Event()

    async def pass_through(self) -> int:
        self.started += 1
        await self.gate.wait()
        return self.started


def test_no_more_handlers_run_than_the_limit_and_the_rest_waits_in_order() -> None:
    gates = Gates()

    async def main(conversation: Conversation) -> None:
        lines = b"".join(request(i, "passThrough") for i in range(10))
        talking = asyncio.create_task(conversation.say(lines))
        await turns(5)
        assert gates.started == 3
        gates.gate.set()
        assert sorted(json.loads(line)["id"] for line in await talking) == list(range(10))

    converse(main, gates, limits=Limits(running=3))


def test_what_waits_behind_many_does_not_keep_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rpc_worker.channel.CROWD", 3)
    gates = Gates()

    async def main(conversation: Conversation) -> None:
        first = b"".join(request(i, "passThrough") for i in range(5))
        rest = [request(i, "greet", [str(i)]) for i in range(5, 9)]
        talking = asyncio.create_task(conversation.say(first, *rest))
        await turns(5)
        waiting = [*conversation.channel._executors.queue]
        assert [type(call.params) for call in waiting if call.params is not UNSET] == [bytes] * 4
        gates.gate.set()
        results = {m["id"]: m["result"] for m in map(json.loads, await talking)}
        assert [results[i] for i in range(5, 9)] == ["5", "6", "7", "8"]

    converse(main, gates, limits=Limits(running=1))


def test_nothing_starts_while_the_host_does_not_take_the_output() -> None:
    class Counting:
        calls = 0

        @inline
        def count(self) -> int:
            self.calls += 1
            return self.calls

    async def main(conversation: Conversation) -> None:
        conversation.output.pending = 101
        await conversation.say(request(1, "count"))
        assert counting.calls == 1
        talking = asyncio.create_task(conversation.say(request(2, "count")))
        # What the protocol itself answers is still answered.
        await turns(3)
        conversation.channel.receive(request(3, "system.ping"))
        lines = await conversation.output.until(2)
        assert json.loads(lines[1]) == {"jsonrpc": "2.0", "id": 3, "result": None}
        assert counting.calls == 1
        conversation.output.pending = 0
        conversation.channel.output_taken()
        await talking
        assert counting.calls == 2

    counting = Counting()
    converse(main, counting, limits=Limits(soft_output_bytes=100))


# ----------------------------------------------------------------- the protocol's own methods


def test_hello_is_answered_with_who_we_are_and_again_when_repeated() -> None:
    async def main(conversation: Conversation) -> None:
        params = {"session": "abc", "window": "main", "log": "info"}
        line = request("abc:0", "system.hello", params)
        first, second = map(json.loads, await conversation.say(line + line))
        assert first == second
        result = first["result"]
        service = conversation.service
        assert result.pop("limits") == {
            "messageBytes": 64 << 20,
            "responseBytes": 64 << 20,
            "batchEntries": 10_000,
            "running": 1_000,
            "queuedRequests": 200_000,
            "softOutputBytes": 16 << 20,
            "hardBytes": 256 << 20,
            "streams": 1_000,
        }
        assert result == service.identity()
        assert list(result) == ["protocol", "name", "version", "contract", "instance", "pid"]

    converse(main, Reference())


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"session": ""},
        {"session": "a:b"},
        {"session": "x" * 33},
        {"session": "abc\n"},
        {"session": 1},
        {"session": "ok", "window": 5},
    ],
    ids=repr,
)
def test_a_hello_that_says_nothing_useful_is_refused(params: object) -> None:
    (answer,) = talk(Reference(), request("abc:0", "system.hello", params))
    assert answer["error"]["code"] == -32602
    assert set(answer["error"]["data"]) == {"param", "path", "expected", "received"}


@pytest.mark.parametrize(
    "params",
    [
        {"session": "abc"},
        ["abc"],
        ["abc", "main"],
        # A later client's.
        {"session": "abc", "client": {"name": "x"}},
        ["abc", None, None, {"name": "x"}],
    ],
    ids=repr,
)
def test_hello_takes_its_params_by_name_and_by_position(params: object) -> None:
    async def main(conversation: Conversation) -> None:
        (line,) = await conversation.say(request("abc:0", "system.hello", params))
        assert "result" in json.loads(line)
        assert [session.name for session in conversation.channel.sessions] == [None, "abc"]

    converse(main, Reference())


@pytest.mark.parametrize("params", [None, [1, "x"], {"a": [None]}], ids=repr)
def test_ping_gives_its_params_back(params: object) -> None:
    (answer,) = talk(Reference(), request(1, "system.ping", params))
    assert answer["result"] == params


def test_version_says_what_runs_here() -> None:
    (answer,) = talk(Reference(), request(1, "system.version"))
    assert set(answer["result"]) == {"name", "version", "protocol", "python", "rpcWorker"}
    assert answer["result"]["name"] == "ReferenceAPI"


def test_discover_describes_every_method() -> None:
    (answer,) = talk(Reference(), request(1, "rpc.discover"))
    names = {method["name"] for method in answer["result"]["methods"]}
    assert {"subtract", "getData", "text.upperCase"} <= names


def test_ready_is_what_hello_says_without_the_limits() -> None:
    async def main(conversation: Conversation) -> None:
        ready = json.loads(conversation.ready)
        assert ready == {
            "jsonrpc": "2.0",
            "method": "$/ready",
            "params": conversation.service.identity(),
        }

    converse(main, Reference())


def test_shutdown_is_answered_before_it_begins() -> None:
    async def main(conversation: Conversation) -> None:
        seen: list[list[bytes]] = []
        conversation.channel.on_shutdown = lambda: seen.append(list(conversation.output.lines))
        await conversation.say(request(1, "system.shutdown"))
        assert seen == [[b'{"jsonrpc":"2.0","id":1,"result":null}']]

    converse(main, Reference())


def test_after_the_intake_has_stopped_every_request_is_refused() -> None:
    async def main(conversation: Conversation) -> None:
        conversation.channel.stop_intake()
        lines = await conversation.say(request(1, "nothing") + request(2, "system.ping"))
        for identity, line in zip((1, 2), lines, strict=True):
            assert json.loads(line) == {
                "jsonrpc": "2.0",
                "id": identity,
                "error": {"code": -32802, "message": "The worker is shutting down"},
            }

    converse(main, Reference())


def test_a_last_line_that_nothing_ended_is_served() -> None:
    async def main(conversation: Conversation) -> None:
        conversation.channel.receive(request(1, "nothing").strip())
        loop = asyncio.get_running_loop()
        loop.call_soon(conversation.channel.receive_end)
        (line,) = await conversation.output.until(1)
        assert json.loads(line)["result"] is None

    converse(main, Reference())
