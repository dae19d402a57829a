"""What a contract or a backend imports: `Struct`, `BigInt`, and the marks of functions.

The decorators only leave a mark; the functions that read the marks stand beside them. Nothing here
knows what a contract is, or how a function is run.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    ParamSpec,
    TypeAlias,
    TypeVar,
    dataclass_transform,
    overload,
)

import msgspec

from rpc_worker.models import dumped, is_model, loaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from concurrent.futures import Executor
    from types import CoroutineType

    from rpc_worker.errors import RpcError

__all__ = [
    "BigInt",
    "Struct",
    "dec_hook",
    "enc_hook",
    "exclusive",
    "exclusive_of",
    "executor_of",
    "in_executor",
    "in_process",
    "in_thread",
    "inline",
    "mode_of",
    "raised_by",
    "raises",
]

P = ParamSpec("P")
T = TypeVar("T")
FunctionT = TypeVar("FunctionT", bound="Callable[..., Any]")

Mode: TypeAlias = "Literal['inline', 'thread', 'process', 'executor']"

_MODE: Final = "__rpc_worker_mode__"
_EXECUTOR: Final = "__rpc_worker_executor__"
_EXCLUSIVE: Final = "__rpc_worker_exclusive__"
_RAISES: Final = "__rpc_worker_raises__"

MARKS: Final[dict[Mode, str]] = {
    "inline": "@inline",
    "thread": "@in_thread",
    "process": "@in_process",
    "executor": "@in_executor",
}
"""How each way to run is written above a function."""


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, rename="camel", frozen=True):
    """A `msgspec.Struct` for the wire: its fields are in camelCase there, and cannot be assigned.

    All of msgspec's options can be given to a subclass, `class Circle(Struct, tag="circle")`.
    """


class BigInt(int):
    """An integer of any size: a string of digits on the wire, a `bigint` in TypeScript.

    A plain `int` is a number on the wire and must stay within ±(2^53-1) (protocol, section 11).
    Arithmetic gives plain integers: return `BigInt(total)`.
    """

    __slots__ = ()


def raises(*errors: type[RpcError]) -> Callable[[FunctionT], FunctionT]:
    """Declare the errors that callers of a method should expect.

    Any other RpcError reaches the caller all the same; these are in the generated types as well.

    Args:
        errors: Subclasses of RpcError, each with a code of its own.

    Raises:
        TypeError: There are none.
    """
    _check_classes(errors)

    def mark(function: FunctionT) -> FunctionT:
        setattr(function, _RAISES, errors)
        return function

    return mark


def _check_classes(errors: tuple[object, ...]) -> None:
    if not errors or not all(isinstance(error, type) for error in errors):
        raise TypeError("@raises takes classes of errors: write @raises(NotFound)")


def inline(function: Callable[P, T]) -> Callable[P, CoroutineType[Any, Any, T]]:
    """Run a quick `def` on the event loop itself: nothing else happens while it runs.

    To a type checker it becomes what the contract's `async def` promises to a caller.
    """
    marked: Callable[P, CoroutineType[Any, Any, T]] = _run(function, "inline")
    return marked


@overload
def in_thread(  # type: ignore[overload-overlap]  # the narrower one comes first
    function: Callable[P, Iterator[T]],
) -> Callable[P, AsyncIterator[T]]: ...
@overload
def in_thread(function: Callable[P, T]) -> Callable[P, CoroutineType[Any, Any, T]]: ...
def in_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run a `def` in a thread, as every `def` is that implements an `async def` of a contract.

    To a type checker it becomes what the contract promises to a caller: an `async def`, and of a
    generator an AsyncIterator.
    """
    marked: Callable[..., Any] = _run(function, "thread")
    return marked


def in_process(function: Callable[P, T]) -> Callable[P, CoroutineType[Any, Any, T]]:
    """Run a `def` in another process: it is a function of a module, and its values are pickled.

    To a type checker it becomes what the contract's `async def` promises to a caller.
    """
    marked: Callable[P, CoroutineType[Any, Any, T]] = _run(function, "process")
    return marked


def in_executor(
    executor: Executor,
) -> Callable[[Callable[P, T]], Callable[P, CoroutineType[Any, Any, T]]]:
    """Run a `def` in an executor of the worker's own, such as a pool for one database.

    To a type checker it becomes what the contract's `async def` promises to a caller.

    Args:
        executor: Any of `concurrent.futures`; it is never shut down here.

    Raises:
        TypeError: It is no executor.
    """
    found: object = executor
    if not callable(getattr(found, "submit", None)):
        raise TypeError("@in_executor takes an executor: write @in_executor(ThreadPoolExecutor(1))")

    def mark(function: Callable[P, T]) -> Callable[P, CoroutineType[Any, Any, T]]:
        marked: Callable[P, CoroutineType[Any, Any, T]] = _run(function, "executor")
        setattr(marked, _EXECUTOR, executor)
        return marked

    return mark


def exclusive(function: FunctionT) -> FunctionT:
    """Run one call at a time of all the methods that are marked so; the others wait in order.

    A handler that waits for its window lets another one run meanwhile.
    """
    setattr(function, _EXCLUSIVE, True)
    return function


def mode_of(function: Callable[..., Any]) -> Mode | None:
    """Return how a function asks to be run, or None if it does not say."""
    return getattr(function, _MODE, None)


def executor_of(function: Callable[..., Any]) -> Executor | None:
    """Return the executor that a function asks to be run in."""
    return getattr(function, _EXECUTOR, None)


def exclusive_of(function: Callable[..., Any]) -> bool:
    """Tell whether a function asks to be run by itself."""
    return getattr(function, _EXCLUSIVE, False)


def raised_by(function: Callable[..., Any]) -> tuple[type[RpcError], ...]:
    """Return what `@raises` declares, unchecked."""
    return getattr(function, _RAISES, ())


def _run(function: Any, mode: Mode) -> Any:
    if mode_of(function) not in {None, mode}:
        marks = [mark for found, mark in MARKS.items() if found in {mode, mode_of(function)}]
        raise TypeError(
            f"{function.__qualname__} is marked both {marks[0]} and {marks[1]}: choose one of them"
        )
    setattr(function, _MODE, mode)
    return function


def enc_hook(value: Any) -> Any:
    """Return what stands on the wire for a value that msgspec does not know.

    Raises:
        TypeError: It has no place there.
    """
    if isinstance(value, BigInt):
        return str(int(value))
    if is_model(value):
        return dumped(value)
    raise TypeError(f"{type(value).__qualname__} has no form on the wire")


def dec_hook(cls: type, value: Any) -> Any:
    """Return the value of a class that msgspec does not know.

    Raises:
        ValueError: The text is no such value; msgspec adds the place to it.
        TypeError: The class has no place there.
    """
    if is_model(cls):
        return loaded(cls, value)
    if cls is not BigInt:
        raise TypeError(f"{cls.__qualname__} has no form on the wire")
    if not isinstance(value, str) or not _is_integer(value):
        raise ValueError("Expected `BigInt`, a string of digits")
    return BigInt(value)


def _is_integer(text: str) -> bool:
    """Tell whether a text is digits, perhaps below zero. int() takes more: blanks, underscores."""
    return text.isascii() and text.removeprefix("-").isdigit()
