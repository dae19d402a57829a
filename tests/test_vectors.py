"""The worker's side of the wire vectors: the client says what it says in them, and so must we."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Final, TypeGuard

import pytest

from rpc_worker.dialects import lending
from rpc_worker.logs import LogFeed
from rpc_worker.messages import Foreign, Invalid, Response, decode
from tests.conversation import Conversation, converse, turns, until
from tests.reference import Reference, ReferenceFrontend

FOLDER: Final = Path(__file__).parent / "vectors"
VECTORS: Final = {
    f"{path.parent.name}/{path.stem}": json.loads(path.read_text("utf-8"))
    for path in [*FOLDER.glob("conversation/*.json"), *FOLDER.glob("kkrpc/*.json")]
    if path.stem != "lines"
}
OURS: Final = sorted(name for name, it in VECTORS.items() if "worker" in it["players"])


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


PLACEHOLDER: Final = re.compile(r"\$([A-Za-z]\w*)")


class Names:
    """What the placeholders of one dialogue stand for; see the README beside the vectors."""

    def __init__(self, chosen: dict[str, Any]) -> None:
        self._chosen = chosen
        self._values: dict[str, Any] = {}

    def fill(self, template: Any) -> Any:
        """Return what the client says."""
        if is_object(template):
            return {name: self.fill(value) for name, value in template.items()}
        if is_array(template):
            return [self.fill(value) for value in template]
        if not isinstance(template, str):
            return template
        if whole := PLACEHOLDER.fullmatch(template):
            return self._value(whole[1])
        return PLACEHOLDER.sub(lambda found: str(self._value(found[1])), template)

    def check(self, expected: Any, received: Any, where: str) -> None:
        """See that the worker said what it must, in the same order of members."""
        if isinstance(expected, str) and (whole := PLACEHOLDER.fullmatch(expected)):
            if whole[1] != "any":
                assert received == self._values.setdefault(whole[1], received), where
        elif is_object(expected):
            assert is_object(received), where
            assert [*received] == [*expected], where
            for name, value in expected.items():
                self.check(value, received[name], f"{where}.{name}")
        elif is_array(expected):
            assert is_array(received), where
            assert len(received) == len(expected), where
            for index, value in enumerate(expected):
                self.check(value, received[index], f"{where}[{index}]")
        else:
            assert received == self.fill(expected), where
            assert type(received) is type(expected), where

    def _value(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = self._chosen[name]
        return self._values[name]


def write(message: object) -> str:
    """Return the line of a message, as both sides write it."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


class Client:
    """Says what the client says in a vector, and reads what the worker does."""

    def __init__(self, conversation: Conversation, vector: dict[str, Any]) -> None:
        self._conversation = conversation
        self._names = Names(vector["chosen"])
        self._read = 0
        feed = LogFeed(conversation.channel, asyncio.get_running_loop(), lambda _: None)
        conversation.channel.on_log_levels = feed.ask

    async def say(self, lines: list[Any]) -> None:
        texts = [line if isinstance(line, str) else write(self._names.fill(line)) for line in lines]
        self._feed("".join(f"{text}\n" for text in texts).encode())
        await turns(5)  # The lines of two entries are two chunks, some time apart.

    def _feed(self, chunk: bytes) -> None:
        asyncio.get_running_loop().call_soon(self._conversation.channel.receive, chunk)

    async def hear(self, expected: Any, where: str) -> None:
        """Take the worker's next line, which must be this one."""
        await until(lambda: len(self._unread) > 0)
        line = self._unread[0].decode()
        self._read += 1
        received = json.loads(line)
        assert write(received) == line, where
        self._names.check(expected, received, where)

    async def end(self) -> None:
        """See that nothing else was said."""
        await turns(5)
        assert self._unread == []
        self._conversation.channel.receive_end()
        if self._conversation.channel.is_busy():
            self._conversation.channel.cancel_all()
            await self._conversation.channel.over()

    @property
    def _unread(self) -> list[bytes]:
        return self._conversation.output.lines[self._read :]


@pytest.mark.parametrize("name", OURS)
def test_the_worker_says_what_it_does_in_the_vector(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector = VECTORS[name]
    monkeypatch.setattr(lending, "IDLE", 0.0)  # A vector has no clock.

    async def play(conversation: Conversation) -> None:
        client = Client(conversation, vector)
        if "hello" in vector:
            params = {"session": "$S", **vector["hello"]}
            hello = {"jsonrpc": "2.0", "id": "$S:0", "method": "system.hello", "params": params}
            await client.say([hello])
            await client.hear({"jsonrpc": "2.0", "id": "$S:0", "result": "$any"}, "hello")
        for index, entry in enumerate(vector["dialogue"]):
            match entry:
                case {"from": "client", "lines": lines}:
                    await client.say(lines)
                case {"from": "client", "line": line}:
                    await client.say([line])
                case {"from": "worker", "line": line}:
                    await client.hear(line, f"{name}[{index}]")
                case _:
                    assert [*entry] == ["do"], entry
        await client.end()

    converse(play, Reference(), frontend=ReferenceFrontend)


LINES: Final = json.loads((FOLDER / "kkrpc" / "lines.json").read_text("utf-8"))


@pytest.mark.parametrize("entry", LINES, ids=[entry["about"] for entry in LINES])
def test_a_line_tells_its_dialect(entry: dict[str, str]) -> None:
    kinds = {"kkrpc": Foreign, "jsonrpc": Response, "neither": Invalid}
    assert type(decode(entry["line"].encode())) is kinds[entry["dialect"]]


def test_each_vector_is_played_by_somebody() -> None:
    for name, vector in VECTORS.items():
        assert {*vector["players"]} <= {"worker", "client", "page"}, name
        assert vector["players"], name
        assert vector["contract"] == "reference", name
