"""A handler decodes the params of a call: plain ones, and what refers to its caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - a contract's names
from typing import Any, Protocol

import pytest
from msgspec import UNSET, Raw

from rpc_worker import Limits, Progress, RemoteError, RpcError
from rpc_worker.calls import Call
from rpc_worker.contract import common_digest, read_contract
from rpc_worker.dispatch import Handler, Service, error_object
from rpc_worker.fit import bind
from tests.peer import Peer, play


class MixedAPI(Protocol):
    async def plain(self, a: int, *, b: str = "b") -> None: ...
    async def mixed(
        self, a: int, items: AsyncIterator[int], b: str = "b", *, progress: Progress[int]
    ) -> list[Any]: ...
    async def ask(self, *, ask: Callable[[], Awaitable[None]], count: int = 1) -> int: ...
    def stream(self) -> AsyncIterator[int]: ...


class Mixed(MixedAPI):
    async def plain(self, a: int, *, b: str = "b") -> None: ...

    async def mixed(
        self, a: int, items: AsyncIterator[int], b: str = "b", *, progress: Progress[int]
    ) -> list[Any]:
        progress.report(a)
        return [a, [item async for item in items], b]

    async def ask(self, *, ask: Callable[[], Awaitable[None]], count: int = 1) -> int:
        await ask()
        return count

    async def stream(self) -> AsyncIterator[int]:
        yield 1


class FrontendAPI(Protocol):
    async def confirm(self, question: str) -> bool: ...


def handlers() -> dict[str, Handler]:
    contract = read_contract(MixedAPI)
    service = Service(contract, bind(contract, Mixed()))
    found = {name: service.handlers[name] for name in contract.methods}
    return {name: handler for name, handler in found.items() if handler is not None}


def test_only_methods_with_references_are_handled_as_such() -> None:
    """A plain one is the class whose `arguments` does nothing more."""
    made = handlers()
    assert [name for name, handler in made.items() if handler.references] == ["mixed", "ask"]
    assert [name for name, handler in made.items() if handler.streams] == ["stream"]
    assert type(made["plain"]) is Handler


@pytest.mark.parametrize(
    ("params", "args", "kwargs"),
    [
        (b"[1]", (1,), {}),
        (b'{"a":1,"b":"x"}', (1,), {"b": "x"}),
        (b'{"a":1}', (1,), {"b": "b"}),
    ],
)
def test_the_arguments_of_a_plain_method(
    params: bytes, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    handler = handlers()["plain"]
    assert handler.arguments(Call(b"1", handler, Raw(params), 1)) == (args, kwargs)


def test_params_that_are_missing() -> None:
    handler = handlers()["plain"]
    with pytest.raises(RpcError, match="expected int, received nothing"):
        handler.arguments(Call(b"1", handler, UNSET, 1))


MIXED: list[tuple[Any, list[Any], list[int]]] = [
    ([1, {"values": [2, 3]}], [1, [2, 3], "b"], []),
    ([1, {}, "c"], [1, [], "c"], []),
    ({"a": 1, "items": {"values": [2]}}, [1, [2], "b"], []),
    ({"b": "c", "items": {}, "progress": "p", "a": 4}, [4, [], "c"], [4]),
]


@pytest.mark.parametrize(("params", "result", "told"), MIXED, ids=str)
def test_references_stand_among_plain_arguments(params: Any, result: Any, told: list[int]) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("mixed", params) == result
        assert [message["params"]["value"] for message in peer.unheard()] == told
        peer.unheard().clear()

    play(main, Mixed())


MISFITS: list[tuple[str, Any, str | None, str]] = [
    ("mixed", ["1", {}], "a", "$"),
    ("mixed", [1], "items", "$"),
    ("mixed", [1, {}, 5], "b", "$"),
    ("mixed", [1, {}, "b", 5], None, "$[3]"),
    ("mixed", {"a": 1, "items": {}, "progress": []}, "progress", "$"),
    ("mixed", {"a": 1, "items": {"token": 1, "values": [None]}}, "items", "$.values[0]"),
    ("mixed", {"a": 1, "items": {}, "other": 1}, None, "$.other"),
    ("ask", [], "ask", "$"),
    ("ask", {}, "ask", "$"),
    ("ask", {"ask": {"handle": 1}}, "ask", "$.__jsonrpc_marshaled"),
]


@pytest.mark.parametrize(("method", "params", "param", "path"), MISFITS, ids=str)
def test_what_does_not_fit_is_told_with_its_place(
    method: str, params: Any, param: str | None, path: str
) -> None:
    async def main(peer: Peer) -> None:
        error = (await peer.answered(peer.request(method, params)))["error"]
        assert error["code"] == -32602
        assert (error["data"]["param"], error["data"]["path"]) == (param, path)

    play(main, Mixed())


def test_a_callback_that_is_given_by_name() -> None:
    async def main(peer: Peer) -> None:
        form = {"__jsonrpc_marshaled": 1, "handle": 5, "lifetime": "call"}
        identity = peer.request("ask", {"ask": form, "count": 3})
        peer.answer(await peer.heard("$/invokeProxy/5/invoke"), None)
        assert (await peer.answered(identity))["result"] == 3

    play(main, Mixed(), limits=Limits(running=1))


def test_the_digest_is_that_of_both_contracts() -> None:
    backend, frontend = read_contract(MixedAPI), read_contract(FrontendAPI)
    bindings = bind(backend, Mixed())
    alone, both = Service(backend, bindings), Service(backend, bindings, frontend=frontend)
    assert alone.identity()["contract"] == backend.digest
    assert both.identity()["contract"] == common_digest(backend, frontend) != backend.digest


def test_an_error_of_the_frontends_is_internal_to_the_backends_caller() -> None:
    told = error_object(RemoteError("no such window", code=4004, data=1, method="confirm"))
    assert told.code == -32603
    assert told.data == {"type": "RemoteError", "message": "no such window"}


def test_what_cancels_itself_is_an_internal_error() -> None:
    assert error_object(asyncio.CancelledError()).message == "Internal error: cancelled itself"
