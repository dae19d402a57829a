"""A page that speaks kkrpc, in memory: what it says as either dialect has it, and what it hears."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.peer import Message, Peer


def value(v: object) -> Message:
    """Return an argument in kkrpc 2's envelope."""
    return {"__kkrpc_next_arg__": "value", "v": v}


def callback(identity: str) -> Message:
    """Return a function in kkrpc 2's envelope."""
    return {"__kkrpc_next_arg__": "callback", "id": identity}


def stream(identity: str) -> Message:
    """Return what stands for a stream in kkrpc 2."""
    return {"__kkrpc_next_stream__": "async-iterable", "id": identity}


def query(identity: str, method: str, *args: object, **more: object) -> Message:
    """Return a call of kkrpc 2."""
    path = method.split(".")
    return {"t": "q", "id": identity, "op": "call", "p": path, "a": [*args], **more}


def request(identity: str, method: str, *args: object, **more: object) -> Message:
    """Return a call of kkrpc 0.x in plain JSON."""
    message = {"id": identity, "method": method, "args": [*args], "type": "request"}
    return {**message, "version": "json", **more}


def superjson(message: Message, **values: object) -> Message:
    """Return a message of kkrpc 0.x in superjson, with the marks of what JSON has no form for."""
    inner = {**message, "callbackIds": message.get("callbackIds"), "version": "superjson"}
    marks: Message = {path.replace("_", "."): tags for path, tags in values.items()}
    if inner["callbackIds"] is None:
        marks["callbackIds"] = ["undefined"]
    return {"json": inner, **({"meta": {"values": marks, "v": 1}} if marks else {})}


class Page:
    """Calls, and is told, in both dialects."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.say = peer.say
        self._asked = 0

    async def call0(self, method: str, *args: object, **more: object) -> Any:
        """Return the `args` of the response: `{result?, error?}`."""
        self._asked += 1
        self.say(request(f"r{self._asked}", method, *args, **more))
        return (await self.answered(f"r{self._asked}"))["args"]

    async def call2(self, method: str, *args: object, **more: object) -> Message:
        """Return the answer: `{v?, e?}`."""
        self._asked += 1
        enveloped = [arg if _is_envelope(arg) else value(arg) for arg in args]
        self.say(query(f"q{self._asked}", method, *enveloped, **more))
        answer = await self.answered(f"q{self._asked}")
        assert answer.pop("t") == "r"
        assert answer.pop("id") == f"q{self._asked}"
        return answer

    async def answered(self, identity: object) -> Message:
        """Return the answer to a call, once it is there."""
        return await self._hear(
            lambda m: m.get("id") == identity and (m.get("t") == "r" or m.get("type") == "response")
        )

    async def told(self, kind: str) -> Message:
        """Return the first message of a `t` or a `type` that has not been returned yet."""
        return await self._hear(lambda m: kind in (m.get("t"), m.get("type")))

    async def rest(self) -> list[Message]:
        """Let the loop come to rest; return what has not been heard."""
        heard = await self.peer.rest()
        unheard = [*heard]
        heard.clear()
        return unheard

    async def _hear(self, wanted: Callable[[Message], bool]) -> Message:
        return await self.peer.hear(wanted)


def _is_envelope(arg: object) -> bool:
    return isinstance(arg, dict) and "__kkrpc_next_arg__" in arg


def line(message: object) -> bytes:
    """Return a message as a client writes it."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode(
        errors="surrogatepass"
    )
