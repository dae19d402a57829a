"""Why a type that has no form on the wire has none, and what to write instead."""

from __future__ import annotations

import collections
import collections.abc as c
import sys
import typing
from typing import Any, Final, TypeVar

import msgspec

from rpc_worker.events import Event
from rpc_worker.progress import Progress
from rpc_worker.reading.hints import is_hashed
from rpc_worker.reading.names import spell

__all__ = ["why_not"]

_STREAM: Final = (
    "a stream, which only a parameter or a whole result can be",
    "Make it a parameter of its own, or write list[…].",
)
_ELSEWHERE: Final[dict[Any, tuple[str, str]]] = {
    **dict.fromkeys((c.AsyncIterator, c.AsyncIterable, c.AsyncGenerator), _STREAM),
    **dict.fromkeys((c.Iterator, c.Iterable, c.Generator), _STREAM),
    c.Callable: (  # pyright: ignore[reportUnknownMemberType] - the class, not a type
        "a callback, which only a parameter can be",
        "Make it a parameter of its own.",
    ),
    Progress: ("progress, which only a parameter can be", "Make it a parameter of its own."),
    Event: (
        "an event, which only an attribute of the contract can be",
        "Write it in the class: changed: Event[…].",
    ),
}
"""What has its place in a contract, and not as a value or within one."""
_INSTEAD: Final[dict[Any, str]] = {
    object: "Write Any.",
    type: "Write str, and send the name.",
    msgspec.msgpack.Ext: "Write bytes.",
    complex: "Write tuple[float, float].",
    range: "Write tuple[int, int].",
    collections.deque: "Write list[…].",
    collections.defaultdict: "Write dict[…].",
    collections.OrderedDict: "Write dict[…].",
    collections.Counter: "Write dict[…, int].",
    c.Awaitable: "Write the type of what is awaited, and `async def`.",
    c.Coroutine: "Write the type of what is awaited, and `async def`.",
    typing.LiteralString: "Write str.",
    typing.Never: "Write None.",
    typing.NoReturn: "Write None.",
}
_BASES: Final[dict[type, str]] = {
    int: "Write int, or rpc_worker.BigInt.",
    float: "Write float.",
    str: "Write str.",
    bytes: "Write bytes.",
    list: "Write list[…].",
    dict: "Write dict[…].",
    set: "Write set[…].",
    tuple: "Write tuple[…].",
}


def why_not(cls: Any, annotation: Any) -> tuple[str, str]:
    """Return what is wrong with an annotation, and what to write instead.

    Args:
        cls: The annotation without its arguments.
        annotation: As it is written.
    """
    if isinstance(annotation, list | tuple | dict | set):
        advice = "Write a type, such as list[int], tuple[int, str] or dict[str, int]."
        return f"{_displayed(annotation)} is a value, and no type", advice
    name = spell(annotation)
    known: Any = cls if is_hashed(cls) else None
    if known in _ELSEWHERE:
        what, advice = _ELSEWHERE[known]
        return f"{name} is {what}", advice
    if cls is msgspec.UnsetType:
        return "UNSET cannot be sent", "Only a field of a Struct can be unset. Write None."
    if isinstance(annotation, TypeVar):
        advice = "Write a type, or give the generic class its argument, as in Page[Item]."
        return f"{name} is a type variable, and stands for no type", advice
    what = f"{name} has no form on the wire"
    if known in _INSTEAD:
        return what, _INSTEAD[known]
    if isinstance(annotation, str | typing.ForwardRef):
        advice = "Write it without quotes; if it is the alias that it stands in, use a Struct."
        return f"{name} is the name of a type, and no type", advice
    if not isinstance(cls, type):
        return what, "Write a type that JSON has, or a Struct."
    return _why_not_class(cls, what)


def _displayed(value: Any) -> str:
    return f"the {type(value).__name__} {value!r:.60}"


def _why_not_class(cls: Any, what: str) -> tuple[str, str]:
    if hasattr(cls, "__pydantic_validator__"):
        what = f"{cls.__name__} is a dataclass of Pydantic's, whose checks msgspec does not run"
        return what, f"Write class {cls.__name__}(BaseModel)."
    if cls.__module__.partition(".")[0] == "pydantic":
        return what, "Write str, or what it is made of, and convert it in the method."
    if issubclass(cls, BaseException):
        return what, f"Raise it, and declare it: @raises({cls.__name__})."
    if hasattr(cls, "__fspath__"):
        return what, "Write str, and send str(path)."
    base = next((base for base in _BASES if issubclass(cls, base)), None)
    if base is not None:
        return what, _BASES[base]
    if cls.__module__.partition(".")[0] in sys.stdlib_module_names:
        return what, "Write a type that JSON has, or a Struct."
    return what, f"Write class {cls.__name__}(rpc_worker.Struct) with the fields to send."
