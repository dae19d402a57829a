"""Whether a function takes the parameters of a method and returns its result, and how to write one.

The function is only looked at here, never called.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterable
from inspect import Parameter as Found
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.contract import REQUIRED, Method, Parameter
from rpc_worker.markers import BigInt
from rpc_worker.modes import layers
from rpc_worker.reading.hints import Unresolved, function_hints
from rpc_worker.reading.methods import is_self
from rpc_worker.reading.names import spell
from rpc_worker.reading.references import form_of
from rpc_worker.schema import Reference, Stream
from rpc_worker.subtyping import accepts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Mismatch", "mismatches", "signature"]


class Mismatch(msgspec.Struct, frozen=True):
    """One thing in a signature that is not as the method has it.

    Attributes:
        expected: What the method has.
        found: What the function has.
        parameter: Its name; "" for the result, or for the function as a whole.
        advice: What to do, if it is not to write the signature of the method.
    """

    expected: str
    found: str
    parameter: str = ""
    advice: str = ""


def mismatches(
    method: Method, function: Callable[..., Any], *, threaded: bool
) -> Iterator[Mismatch]:
    """Yield whatever keeps the function from being called as the method, and typed as it.

    Args:
        method: What the contract has.
        function: What the implementation has.
        threaded: Whether it runs in a thread, where streams and callbacks block.
    """
    if (first := _in_the_place_of_self(function)) is not None:
        yield Mismatch("self as the first parameter", first)
        return
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        advice = f"Call it in a function of your own: {signature(method)}"
        yield Mismatch("parameters that can be read", "a builtin function", advice=advice)
        return
    hints = function_hints([*layers(function)][-1])
    if isinstance(hints, Unresolved):
        yield Mismatch("types that can be read", f"that {hints.problem}", advice=hints.advice)
        hints = {}
    taken = set[str]()
    for parameter, candidate in _pairs(method, found):
        if candidate is None:
            yield _missing(parameter)
            continue
        taken.add(candidate.name)
        mismatch = (
            None
            if candidate.kind in _VARIADIC
            else _compare(parameter, candidate, hints, threaded=threaded)
        )
        if mismatch is not None:
            yield mismatch
    for name, extra in found.parameters.items():
        if name not in taken and extra.kind not in _VARIADIC and extra.default is Found.empty:
            yield Mismatch("no such parameter, or one with a default", "it without", name)
    promised = _result_of(method, threaded=threaded)
    if "return" in hints and not _returns(method, promised, hints["return"], threaded=threaded):
        there = "" if promised == method.result_annotation else " in a thread"
        yield Mismatch(f"-> {spell(promised)}{there}", f"-> {spell(hints['return'])}")


def _in_the_place_of_self(function: Callable[..., Any]) -> str | None:
    """Return what a method of an instance, or of a class, has where self belongs; None for self."""
    if not (inspect.ismethod(function) and inspect.isfunction(function.__func__)):
        return None
    first = next(iter(inspect.signature(function.__func__).parameters.values()), None)
    if first is None:
        return "no parameters"
    return None if is_self(first) or first.kind is Found.VAR_POSITIONAL else first.name


_ITERABLE: Final[Any] = Iterable
_VARIADIC: Final = (Found.VAR_POSITIONAL, Found.VAR_KEYWORD)
_BY_POSITION: Final = (Found.POSITIONAL_ONLY, Found.POSITIONAL_OR_KEYWORD)


def _pairs(method: Method, found: inspect.Signature) -> Iterator[tuple[Parameter, Found | None]]:
    """Yield each promised parameter with the one that takes its argument, None if none does."""
    by_name = dict(found.parameters)
    positional = [p for p in by_name.values() if p.kind in _BY_POSITION]
    rest = {p.kind: p for p in by_name.values() if p.kind in _VARIADIC}
    taken = {p.name for p in positional}
    promised = [p for p in method.parameters if not p.keyword]
    for parameter, candidate in zip(promised, positional, strict=False):
        yield parameter, candidate
    for parameter in promised[len(positional) :]:
        # One of the name, but keyword-only, is a misfit of kind; it is said so later.
        named = None if parameter.name in taken else by_name.get(parameter.name)
        yield parameter, rest.get(Found.VAR_POSITIONAL) or named
    for parameter in method.parameters:
        if parameter.keyword:
            yield parameter, by_name.get(parameter.name) or rest.get(Found.VAR_KEYWORD)


def _missing(parameter: Parameter) -> Mismatch:
    kind = "a keyword-only parameter" if parameter.keyword else "a parameter"
    default = "" if parameter.default is REQUIRED else " with a default"
    return Mismatch(f"{kind}{default}", "none", parameter.name)


def _compare(
    parameter: Parameter, found: Found, hints: Mapping[str, Any], *, threaded: bool
) -> Mismatch | None:
    """Return what is wrong with the parameter that takes the argument, None if nothing is."""
    name = parameter.name
    if found.name != name:
        return Mismatch(f"the name {name}", found.name, name)
    if not parameter.keyword and found.kind is Found.KEYWORD_ONLY:
        return Mismatch("it before the *", "it after", name)
    if found.kind is Found.POSITIONAL_ONLY:
        return Mismatch("that it can be given by name", "it before the /", name)
    if parameter.default is not REQUIRED:
        if found.default is Found.empty:
            return Mismatch(f"the default {_spelled(parameter.default)}", "none", name)
        if not _is_same(found.default, parameter.default):
            expected = f"the default {_spelled(parameter.default)}"
            return Mismatch(expected, _spelled(found.default), name)
    promised = _type_of(parameter, threaded=threaded)
    if name in hints and not accepts(hints[name], promised):
        there = "" if promised == parameter.annotation else " in a thread"
        return Mismatch(f"{spell(promised)}{there}", spell(hints[name]), name)
    return None


def _type_of(parameter: Parameter, *, threaded: bool) -> Any:
    """Return what a function is given for a parameter, by where it runs."""
    node = parameter.type
    if isinstance(node, Reference):
        return form_of(node, threaded=threaded)
    return parameter.annotation


def _result_of(method: Method, *, threaded: bool) -> Any:
    if not isinstance(method.result, Stream):
        return method.result_annotation
    return form_of(method.result, threaded=threaded)


def _returns(method: Method, promised: Any, hint: Any, *, threaded: bool) -> bool:
    if threaded and isinstance(method.result, Stream):
        # A generator gives an Iterator, and that is the advice; any Iterable can be gone through.
        promised = _ITERABLE[method.result.item.annotation]
    return accepts(promised, hint)


def _is_same(one: object, other: object) -> bool:
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - an __eq__ of the user's
        return False


def signature(
    method: Method, function: Callable[..., Any] | None = None, *, threaded: bool = False
) -> str:
    """Return the line that defines the method, as an implementation writes it.

    Args:
        method: What the contract has.
        function: What there is already; it decides between `def` and `async def`.
        threaded: Whether that runs in a thread.
    """
    is_async = method.kind == "async"
    if function is not None:
        is_async = any(
            inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f)
            for f in layers(function)
        )
    parts = ["self"]
    for parameter in method.parameters:
        if parameter.keyword and "*" not in parts:
            parts.append("*")
        default = "" if parameter.default is REQUIRED else f" = {_spelled(parameter.default)}"
        parts.append(f"{parameter.name}: {spell(_type_of(parameter, threaded=threaded))}{default}")
    head = f"{'async ' if is_async else ''}def {method.path[-1]}"
    return f"{head}({', '.join(parts)}) -> {spell(_result_of(method, threaded=threaded))}"


def _spelled(default: object) -> str:
    """Return a default as one writes it."""
    match default:
        case enum.Enum():
            return f"{type(default).__name__}.{default.name}"
        case BigInt():
            return f"BigInt({int(default)})"
        case _:
            return repr(default)
