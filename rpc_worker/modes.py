"""How an implementation's function asks to be run: as it is written, and as it is marked.

Nothing is run here, and what a method promises is compared elsewhere (`signatures`).
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_origin

import msgspec

from rpc_worker.markers import MARKS, mode_of
from rpc_worker.reading.hints import Unresolved, function_hints
from rpc_worker.reading.names import spell
from rpc_worker.reading.references import BLOCKING_STREAMS
from rpc_worker.schema import Callback, Reference, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpc_worker import markers
    from rpc_worker.contract import Method

__all__ = ["Conflict", "Mode", "layers", "running"]

Mode: TypeAlias = "Literal['loop', 'thread', 'inline', 'process', 'executor']"


class Conflict(msgspec.Struct, frozen=True):
    """Why a function cannot be run as the method it is for.

    Attributes:
        mode: Where it was meant to run, to compare the rest of it.
    """

    expected: str
    found: str
    advice: str
    mode: Mode = "loop"


def running(method: Method, function: Callable[..., Any]) -> Mode | Conflict:
    """Return where a function runs, or what keeps it from running there."""
    chain = list(layers(function))
    marked: markers.Mode | None = None
    for layer in chain:
        marked = marked or mode_of(layer)
    on_the_loop = any(map(inspect.iscoroutinefunction, chain))
    yields = any(map(inspect.isasyncgenfunction, chain))
    if marked is not None and (on_the_loop or yields):
        mark = MARKS[marked]
        return Conflict(f"def below {mark}", "async def", f"Remove {mark}, or the async")
    if isinstance(method.result, Stream):
        if on_the_loop:
            written = spell(method.result_annotation)
            advice = "Write yield in it for each item; if it calls what does, remove async"
            return Conflict(f"that calling it gives {written}", "async def without yield", advice)
        return "loop" if yields else _streaming(method.result, chain, marked)
    if on_the_loop:
        return "loop"
    if yields or any(map(inspect.isgeneratorfunction, chain)):
        advice = "Collect the items in a list, and return that"
        return Conflict("a function that returns", "yield", advice)
    return _plain(method, marked or "thread")


def _streaming(
    promised: Stream, chain: list[Callable[..., Any]], marked: markers.Mode | None
) -> Mode | Conflict:
    """Judge a `def`: a generator blocks, and any other is as what it returns."""
    if marked is not None and marked != "thread":
        mark = MARKS[marked]
        expected = f"{spell(promised.annotation)}, from the loop or a thread"
        return Conflict(expected, mark, f"Remove {mark}: a generator runs in a thread", "thread")
    hints = function_hints(chain[-1])
    returned: Any = None if isinstance(hints, Unresolved) else hints.get("return")
    blocks = (get_origin(returned) or returned) in BLOCKING_STREAMS
    if blocks or any(map(inspect.isgeneratorfunction, chain)):
        return "thread"
    return "thread" if marked == "thread" else "loop"


def _plain(method: Method, mode: markers.Mode) -> Mode | Conflict:
    if mode == "thread":
        return mode
    for parameter in method.parameters:
        node = parameter.type
        if not isinstance(node, Reference):
            continue
        where = f"{parameter.name}: {spell(parameter.annotation)}"
        if mode != "inline":
            advice = f"Write @in_thread, or leave {parameter.name} out of the contract"
            return Conflict(f"a function in this process for {where}", MARKS[mode], advice)
        if isinstance(node, Stream) or (isinstance(node, Callback) and node.result is not None):
            advice = "Write async def, or @in_thread"
            return Conflict(f"a function that can wait for {where}", MARKS[mode], advice)
    return mode


def layers(function: Any) -> Iterator[Any]:
    """Yield a function, and what it wraps, partially applies or calls, down to the innermost.

    A decorator like `@deprecated` is a plain function around the coroutine function, and a
    functools.partial or an object with `__call__` is none at all.
    """
    seen = set[int]()
    while id(function) not in seen:
        seen.add(id(function))
        yield function
        is_partial = issubclass(type(function), functools.partial)
        inner = getattr(function, "func" if is_partial else "__wrapped__", None)
        if inner is not None:
            function = inner
        elif not inspect.isroutine(function):
            function = type(function).__call__
