"""Whether an implementation keeps what a contract promises, and with which functions.

All misfits are found at once, before anything is served. How the functions are called, and when, is
not known here.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import msgspec
from typing_extensions import is_protocol

from rpc_worker.errors import ContractError, Misfit
from rpc_worker.markers import mode_of
from rpc_worker.reading.names import place_of
from rpc_worker.signatures import layers, mismatches, signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.contract import Contract, Method

__all__ = ["Bound", "bind"]

Mode: TypeAlias = Literal["loop", "thread", "inline"]


class Bound(msgspec.Struct, frozen=True, eq=False):
    """A method and the function that implements it.

    Attributes:
        function: Called with the arguments of the method; it is bound to its instance.
        mode: `loop` for a coroutine function; `thread` for a plain function, or `inline` if it is
            marked so.
    """

    method: Method
    function: Callable[..., Any]
    mode: Mode


def bind(contract: Contract, implementation: object) -> dict[str, Bound]:
    """Return the functions of an implementation by the wire names of the contract's methods.

    Raises:
        ContractError: With everything that does not fit.
    """
    if isinstance(implementation, type):
        name = implementation.__qualname__
        problem = f"expected an object that fits {contract.name}; found the class itself"
        advice = f"Write: {name}()"
        if is_protocol(implementation):
            advice = f"Write class Backend({name}): …, and then: Backend()"
        raise ContractError([Misfit(place_of(implementation), problem, advice)])
    fitting = _Fitting(contract, implementation)
    bound = {wire: fitting.method(method) for wire, method in contract.methods.items()}
    if fitting.misfits:
        raise ContractError(fitting.misfits)
    return {wire: found for wire, found in bound.items() if found is not None}


class _Fitting:
    """One contract held against one implementation, and what does not fit."""

    def __init__(self, contract: Contract, implementation: object) -> None:
        self.misfits: list[Misfit] = []
        self._here = place_of(type(implementation))
        self._there = f"{contract.source.module}.{contract.name}"
        self._contract = contract
        self._targets: dict[tuple[str, ...], object] = {(): implementation}

    def method(self, method: Method) -> Bound | None:
        """Return the method's function; None if there is none, or if it does not fit."""
        target = self._target(method.path[:-1])
        function = None if target is None else self._attribute(target, method)
        if function is None:
            return None
        before = len(self.misfits)
        mode = self._mode(function, method)
        for wrong in mismatches(method, function):
            place = f", parameter {wrong.parameter}" if wrong.parameter else ""
            advice = wrong.advice or f"Write: {signature(method, function)}"
            self._add(method, wrong.expected, wrong.found, advice, place)
        return Bound(method, function, mode) if len(self.misfits) == before else None

    def _add(self, method: Method, expected: str, found: str, advice: str, place: str = "") -> None:
        here, there = (".".join((start, *method.path)) for start in (self._here, self._there))
        # An object may be its own class's: nothing else has it then.
        promised = "" if here == there else f", as {there} has it"
        problem = f"expected {expected}{promised}; found {found}"
        self.misfits.append(Misfit(here + place, problem, advice))

    # ------------------------------------------------------------------------- finding it

    def _target(self, path: tuple[str, ...]) -> object | None:
        """Return the object that has a namespace's methods; None if there is none."""
        if path not in self._targets:
            parent = self._target(path[:-1])
            self._targets[path] = None if parent is None else self._namespace(parent, path)
        return self._targets[path]

    def _namespace(self, parent: object, path: tuple[str, ...]) -> object | None:
        name = path[-1]
        found, advice = "nothing", f"Write in __init__: self.{name} = …"
        try:
            target: object = getattr(parent, name)
        except Exception as error:  # noqa: BLE001 - a property of the user's may raise anything
            if hasattr(type(parent), name):
                found, advice = f"that reading it raises {_said(error)}", "Make it an attribute"
        else:
            if isinstance(target, type):
                found = f"the class {target.__qualname__} itself"
                advice = f"Write in __init__: self.{name} = {target.__qualname__}()"
            elif target is not None:
                return target
            else:
                found = "None"
        methods = [m.path[-1] for m in self._contract.methods.values() if m.path[:-1] == path]
        problem = f"expected an object with the methods {', '.join(methods)}"
        there = ".".join((self._there, *path))
        where = ".".join((self._here, *path))
        self.misfits.append(Misfit(where, f"{problem}, as {there} has them; found {found}", advice))
        return None

    def _attribute(self, target: object, method: Method) -> Callable[..., Any] | None:
        """Return what the method's name stands for, if it can be called."""
        name = method.path[-1]
        try:
            function: Any = getattr(target, name)
        except Exception as error:  # noqa: BLE001 - a property of the user's may raise anything
            found = "nothing"
            if not isinstance(error, AttributeError) or hasattr(type(target), name):
                found = f"that reading it raises {_said(error)}"
        else:
            if _is_stub(target, name):
                found = "only the contract's own"
            elif isinstance(function, type):
                found = f"the class {function.__qualname__}"
            elif callable(function):
                return cast("Callable[..., Any]", function)
            else:
                found = type(function).__qualname__
        self._add(method, "a method", found, f"Write: {signature(method)}")
        return None

    # ------------------------------------------------------------------------ how it runs

    def _mode(self, function: Callable[..., Any], method: Method) -> Mode:
        chain = list(layers(function))
        marked = next((mode for mode in map(mode_of, chain) if mode is not None), None)
        if any(map(inspect.iscoroutinefunction, chain)):
            if marked is not None:
                mark = "@inline" if marked == "inline" else "@in_thread"
                self._add(method, f"def below {mark}", "async def", f"Remove {mark}, or the async")
            return "loop"
        if any(inspect.isasyncgenfunction(f) or inspect.isgeneratorfunction(f) for f in chain):
            advice = "Collect the items in a list, and return that"
            self._add(method, "a function that returns", "yield", advice)
        return "inline" if marked == "inline" else "thread"


# ------------------------------------------------------------------------------------- attributes


def _is_stub(target: object, name: str) -> bool:
    """Whether an attribute is what the class inherits from a Protocol: a promise, not a method."""
    if name in getattr(target, "__dict__", ()):
        return False
    owner = next((cls for cls in type(target).__mro__ if name in cls.__dict__), None)
    return owner is not None and getattr(owner, "_is_protocol", False)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
