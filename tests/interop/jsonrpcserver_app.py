"""An app of jsonrpcserver's, and what its own dispatcher and ours answer to the same line."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, Any, Final, cast

from jsonrpcserver import (
    Error,
    InvalidParams,
    JsonRpcError,
    Result,
    Success,
    async_dispatch,
    dispatch,
)

from rpc_worker.interop.jsonrpcserver import Mounted
from tests.conversation import DEADLINE, Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]

# Most apps of it have no annotations, and what is compared here is what such an app gets.
# mypy: disable-error-code="no-untyped-def"
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false


def subtract(minuend, subtrahend) -> Result:
    return Success(minuend - subtrahend)


def total(*numbers) -> Result:
    return Success(sum(numbers))


def get_data() -> Result:
    return Success(["hello", 5])


def echo(value) -> Result:
    return Success(value)


def greet(name="world", *, loud=False) -> Result:
    return Success(f"hello {name}{'!' if loud else ''}")


def members(**named) -> Result:
    return Success(sorted(named))


def first(value, /) -> Result:
    return Success(value)


def nothing(*_values, **_named) -> Result:
    return Success()


def refuse(code=1, message="no", data=()) -> Result:
    return Error(code, message, list(data))


def refuse_plainly() -> Result:
    return Error(-32000, "no")


def refuse_with_null() -> Result:
    return Error(7, "no", None)


def refuse_with_a_name() -> Result:
    return Error("busy", "no")


def refuse_with_a_number() -> Result:
    return Error(7, 5)


def refuse_beyond() -> Result:
    return Error(2**63, "no")


def with_odd_keys() -> Result:
    return Success({None: 1})


def refuse_params(data) -> Result:
    return InvalidParams(data)


def give_up(code, message) -> Result:
    raise JsonRpcError(code, message, {"given": "up"})


def give_up_plainly() -> Result:
    raise JsonRpcError(-32001, "given up")


def crash() -> Result:
    raise ValueError("a bug")


def add(a: int, b: float = 2) -> Result:
    return Success(a + b)


def plain():
    return "plain"


def many():
    return Success({1})


def huge():
    return Success(2**53)


def not_a_number():
    return Success(float("nan"))


_meeting: Final = Barrier(2)


def meet(seconds) -> Result:
    """Succeed if two of these run at the same time."""
    try:
        _meeting.wait(seconds)
    except BrokenBarrierError:
        _meeting.reset()
        return Success("alone")
    return Success("met")


FUNCTIONS: Final[dict[str, Function]] = {
    function.__name__: function
    for function in cast(
        "list[Function]",
        [
            *(subtract, total, get_data, echo, greet, members, first, nothing),
            *(refuse, refuse_plainly, refuse_with_null, refuse_with_a_name, refuse_params),
            *(refuse_with_a_number, refuse_beyond, with_odd_keys),
            *(give_up, give_up_plainly, crash, add, plain, many, huge, not_a_number, meet),
        ],
    )
}


def as_coroutine_function(function: Function) -> Function:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


async def late(turns) -> Result:
    """Return after as many passes of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return Success(turns)


COROUTINE_FUNCTIONS: Final[dict[str, Function]] = {
    **{name: as_coroutine_function(function) for name, function in FUNCTIONS.items()},
    "late": late,
}


def theirs(line: str, methods: dict[str, Function], **options: Any) -> Any:
    """Return what jsonrpcserver answers, decoded; None for nothing, a str for what it raises."""
    try:
        if any(map(inspect.iscoroutinefunction, methods.values())):
            text = asyncio.run(async_dispatch(line, methods, **options))
        else:
            text = dispatch(line, methods, **options)
    except Exception as error:  # noqa: BLE001 - that is what its caller has to deal with
        return type(error).__name__
    return json.loads(text) if text else None


def ours(lines: list[str], methods: dict[str, Function], **options: Any) -> list[Any]:
    """Return what a worker with the functions mounted answers to each of the lines."""

    async def run() -> list[Any]:
        conversation = Conversation(Mounted(methods=methods, **options))
        answers: list[Any] = []
        for line in lines:
            conversation.output.written = b""
            written = await conversation.say(line.encode() + b"\n")
            assert len(written) <= 1, line
            answers.append(json.loads(written[0]) if written else None)
        conversation.assert_at_rest()
        conversation.channel.close()
        return answers

    async def run_in_time() -> list[Any]:
        async with asyncio.timeout(DEADLINE):
            return await run()

    return asyncio.run(run_in_time())


OWN_MESSAGES: Final = (
    *("Parse error", "Invalid request", "Invalid Request", "Method not found", "Invalid params"),
    *("Internal error", "Server error"),
)


def reduced(answer: Any) -> Any:
    """Return an answer without what is said to people in the dispatcher's own errors.

    A batch's answers are in the order of their ids: any order will do.
    """
    if isinstance(answer, list):
        return sorted(map(reduced, answer), key=lambda entry: json.dumps(entry, sort_keys=True))
    if not isinstance(answer, dict):
        return answer
    found = cast("dict[str, Any]", answer)
    # 1, 1.0 and true are equal in Python, and three ids.
    identity = repr(found["id"])
    if "result" in found:
        return {"id": identity, "result": found["result"]}
    error = found["error"]
    own = str(error["message"]).startswith(OWN_MESSAGES)
    return {"id": identity, "error": error["code"] if own else error}
