"""Whether an implementation keeps what a contract promises, and with which functions.

All misfits are found at once, before anything is served. How the functions are called, and when, is
not known here.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import msgspec
from typing_extensions import is_protocol

from rpc_worker.arguments import check_implementation
from rpc_worker.contract import find_contract, read_contract
from rpc_worker.errors import ContractError, Misfit
from rpc_worker.events import Event
from rpc_worker.markers import exclusive_of, executor_of
from rpc_worker.modes import Conflict, layers, running
from rpc_worker.reading.names import place_of, spell
from rpc_worker.schema import Reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from rpc_worker.contract import Contract, EventType, Method
    from rpc_worker.dispatch import Handler
    from rpc_worker.modes import Mode

__all__ = ["Bindings", "Bound", "bind", "offered"]


class Bound(msgspec.Struct, frozen=True, eq=False):
    """A method and the function that implements it.

    Attributes:
        function: Called with the arguments of the method; it is bound to its instance.
        mode: `loop` for a coroutine function, and for a stream whatever gives an async iterator;
            `thread` for a plain function or a generator, or where its mark says.
        exclusive: Whether it is marked so.
        executor: What `@in_executor` names.
        handler: Makes its handler, where that is none of the usual ones.
    """

    method: Method
    function: Callable[..., Any]
    mode: Mode
    exclusive: bool = False
    executor: Executor | None = None
    handler: Callable[[Bound], Handler] | None = None


class Bindings(msgspec.Struct, frozen=True, eq=False):
    """What an implementation has for a contract, by the names on the wire."""

    methods: dict[str, Bound]
    events: dict[str, Event[Any]]


def offered(implementation: object, contract: type[Any] | None = None) -> tuple[Contract, Bindings]:
    """Return what a worker offers: what is promised, and the functions that keep it.

    Args:
        implementation: An object.
        contract: The typed class that it implements; by default its own.

    Raises:
        ContractError: With everything that does not fit.
        StartError: They are not what can be served at all.
    """
    check_implementation(implementation, contract)
    # A class in the place of its instance is a misfit of which `bind` says more.
    own = implementation if isinstance(implementation, type) else type(implementation)
    read = read_contract(contract or find_contract(own))
    return read, bind(read, implementation)


def bind(contract: Contract, implementation: object) -> Bindings:
    """Return the functions and the events of an implementation.

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
    events = {wire: fitting.event(event) for wire, event in contract.events.items()}
    if fitting.misfits:
        raise ContractError(fitting.misfits)
    methods = {wire: found for wire, found in bound.items() if found is not None}
    return Bindings(methods, {wire: event for wire, event in events.items() if event is not None})


def _fits_by_itself(method: Method, function: Callable[..., Any]) -> bool:
    """Tell whether a function is what the method was read from: then there is nothing to compare.

    Streams and callbacks have other forms in a thread, and where it runs was not known then.
    """
    return (
        inspect.ismethod(function)
        and function.__func__ is method.function
        and not isinstance(method.result, Reference)
        and not any(isinstance(p.type, Reference) for p in method.parameters)
    )


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
        mode = running(method, function)
        conflict = isinstance(mode, Conflict)
        if isinstance(mode, Conflict):
            self._add(method, mode.expected, mode.found, mode.advice)
            mode = mode.mode
        if not _fits_by_itself(method, function):
            self._compare(method, function, mode, conflict=conflict)
        if len(self.misfits) > before:
            return None
        chain = list(layers(function))
        executor = next((e for e in map(executor_of, chain) if e is not None), None)
        return Bound(method, function, mode, any(map(exclusive_of, chain)), executor)

    def _compare(
        self, method: Method, function: Callable[..., Any], mode: Mode, *, conflict: bool
    ) -> None:
        # Most workers have no contract but their own class.
        from rpc_worker.signatures import mismatches, signature  # noqa: PLC0415

        all_wrong = [*mismatches(method, function, threaded=mode == "thread")]
        # Where it cannot run as it is marked, it may be written for the place where it can.
        if conflict and not [*mismatches(method, function, threaded=mode != "thread")]:
            all_wrong = []
        for wrong in all_wrong:
            place = f", parameter {wrong.parameter}" if wrong.parameter else ""
            advice = wrong.advice
            if not advice:
                advice = f"Write: {signature(method, function, threaded=mode == 'thread')}"
            self._add(method, wrong.expected, wrong.found, advice, place)

    def _add(
        self, method: Method | EventType, expected: str, found: str, advice: str, place: str = ""
    ) -> None:
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
        members = f"the methods {', '.join(methods)}" if methods else "events"
        problem = f"expected an object with {members}"
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
        from rpc_worker.signatures import signature  # noqa: PLC0415 - as above

        self._add(method, "a method", found, f"Write: {signature(method)}")
        return None

    # ----------------------------------------------------------------------------- its events

    def event(self, event: EventType) -> Event[Any] | None:
        """Return the event of the implementation, made if there is none."""
        target = self._target(event.path[:-1])
        if target is None:
            return None
        name = event.path[-1]
        wanted = f"Event[{spell(event.payload.annotation)}]"
        advice = f"Leave it out, or write in __init__: self.{name} = {wanted}()"
        try:
            found: object = getattr(target, name)
        except Exception as error:  # noqa: BLE001 - a property of the user's may raise anything
            if isinstance(error, AttributeError) and not hasattr(type(target), name):
                return self._make(target, event, wanted)
            self._add(event, wanted, f"that reading it raises {_said(error)}", advice)
        else:
            if _is_event(found):
                return cast("Event[Any]", found)
            kind = "the class itself" if isinstance(found, type) else type(found).__qualname__
            self._add(event, wanted, kind, advice)
        return None

    def _make(self, target: object, event: EventType, wanted: str) -> Event[Any] | None:
        name, made = event.path[-1], Event[Any]()
        try:
            # A frozen dataclass refuses a plain assignment.
            object.__setattr__(target, name, made)
        except (AttributeError, TypeError):
            found = f"nothing, and {type(target).__qualname__} takes no new attributes"
            advice = f"Give it a place, and write in __init__: self.{name} = {wanted}()"
            self._add(event, wanted, found, advice)
        return made


# ------------------------------------------------------------------------------------- attributes


def _is_stub(target: object, name: str) -> bool:
    """Whether an attribute is what the class inherits from a Protocol: a promise, not a method."""
    if name in getattr(target, "__dict__", ()):
        return False
    owner = next((cls for cls in type(target).__mro__ if name in cls.__dict__), None)
    return owner is not None and getattr(owner, "_is_protocol", False)


def _is_event(value: object) -> bool:
    return isinstance(value, Event)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
