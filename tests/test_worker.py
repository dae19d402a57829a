"""The parts of a worker's start and life that need no process of their own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from rpc_worker.arguments import check_frontend, check_options
from rpc_worker.errors import ContractError, Misfit
from rpc_worker.fatal import StartError, explain, fatal_line
from rpc_worker.worker import serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class UnspeakableError(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise ValueError("no text")


MISFIT = Misfit("backend.Backend.add", "it is missing", "Write: async def add(self) -> None")

FAILURES = [
    (
        ContractError([MISFIT]),
        """1 misfit:
  backend.Backend.add
    it is missing
    Write: async def add(self) -> None""",
        [
            {
                "where": "backend.Backend.add",
                "problem": "it is missing",
                "advice": "Write: async def add(self) -> None",
            }
        ],
    ),
    (StartError("there is no x"), "there is no x", {"type": "StartError"}),
    (ValueError("é"), "ValueError: é", {"type": "ValueError"}),
    (
        SystemExit(3),
        "the module called sys.exit(3) while it was imported",
        {"type": "SystemExit"},
    ),
    (
        UnspeakableError(),
        "UnspeakableError: its __str__ raised ValueError",
        {"type": "UnspeakableError"},
    ),
]


@pytest.mark.parametrize(("error", "text", "details"), FAILURES)
def test_a_start_that_fails_is_told_to_the_host(
    error: BaseException, text: str, details: object
) -> None:
    line = fatal_line(error, debug=False)
    assert line.endswith(b"\n")
    assert json.loads(line) == {
        "jsonrpc": "2.0",
        "method": "$/fatal",
        "params": {"message": f"The worker cannot start: {text}", "details": details},
    }


def test_debug_adds_the_traceback() -> None:
    try:
        raise ValueError("x")  # noqa: TRY301 - for its traceback
    except ValueError as error:
        details = json.loads(fatal_line(error, debug=True))["params"]["details"]
    assert details["type"] == "ValueError"
    assert details["stack"].startswith("Traceback (most recent call last):\n")


def test_a_text_that_utf8_does_not_know_is_told_in_ascii() -> None:
    message = json.loads(fatal_line(ValueError("\ud800"), debug=True))["params"]["message"]
    assert message == r"'The worker cannot start: ValueError: \ud800'"


@pytest.mark.parametrize(("error", "text", "_details"), FAILURES)
def test_a_start_that_fails_is_explained_on_stderr(
    error: BaseException, text: str, _details: object, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(error)
    shown = capsys.readouterr().err
    assert shown.endswith(f"rpc-worker: the worker cannot start: {text}\n")
    expected = isinstance(error, (ContractError, StartError, SystemExit))
    assert (shown == f"rpc-worker: the worker cannot start: {text}\n") == expected


def test_serve_is_refused_in_a_running_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []
    monkeypatch.setattr("rpc_worker.worker.take", lambda: taken.append(True))

    async def main() -> None:
        serve(object())

    with pytest.raises(RuntimeError) as caught:
        asyncio.run(main())
    assert str(caught.value) == (
        "serve() was called in a running event loop: it runs one of its own; call it from plain "
        "code, and put what needs the loop into its lifespan="
    )
    assert not taken


async def timed(_call: object, proceed: Callable[[], Awaitable[object]]) -> object:
    return await proceed()


class Around:
    async def __call__(self, _call: object, proceed: Callable[[], Awaitable[object]]) -> object:
        return await proceed()


@pytest.mark.parametrize(
    ("middleware", "reason"),
    [
        (timed, "middleware=<function timed"),
        (
            [len, timed, abs],
            (
                "the middleware <built-in function len> is no coroutine function; the middleware "
                "<built-in function abs> is no coroutine function; write async def"
            ),
        ),
        ([[timed]], "the middleware [<function timed"),
    ],
    ids=["one", "plain", "nested"],
)
def test_middleware_that_cannot_be_meant_is_refused(middleware: Any, reason: str) -> None:
    with pytest.raises(StartError) as caught:
        check_options(None, middleware, None, 1.0)
    assert str(caught.value).startswith(reason)


def test_middleware_is_a_list_of_what_returns_something_to_await() -> None:
    check_options(None, [timed, Around()], None, 1.0)
    check_options(None, (), None, 1.0)


def test_a_frontend_is_a_class() -> None:
    check_frontend(None)
    check_frontend(Around)
    with pytest.raises(StartError, match="is an object of the class Around; write the typed class"):
        check_frontend(Around())
