"""A class as a namespace: its methods, its events, and the namespaces within it."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_origin

import typing_extensions

from rpc_worker.contract import Namespace
from rpc_worker.progress import Progress
from rpc_worker.reading.events import is_event, made_events, read_event
from rpc_worker.reading.hints import Unresolved, is_public, public_hints
from rpc_worker.reading.methods import MethodReader, function_of
from rpc_worker.reading.names import camel, place_of, spell
from rpc_worker.reading.records import doc_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.contract import EventType, Method
    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.reading.hints import Hint
    from rpc_worker.schema import Source

__all__ = ["MemberReader"]

_RESERVED: Final = frozenset({"rpc", "system"})
"""Namespaces of the protocol itself (protocol, section 2)."""


class MemberReader:
    """Reads the members of a contract's class.

    Attributes:
        methods: What has been read so far, by wire name.
        events: The same.
    """

    def __init__(self, types: TypeReader) -> None:
        self.methods: dict[str, Method] = {}
        self.events: dict[str, EventType] = {}
        self._types = types
        self._reader = MethodReader(types)

    def namespace(
        self,
        cls: type,
        path: tuple[str, ...] = (),
        within: tuple[type, ...] = (),
        attribute: Source | None = None,
        said: str = "",
    ) -> Namespace:
        """Read a class with all of its members.

        Args:
            cls: The class.
            path: The attributes that lead to it.
            within: The classes around it.
            attribute: Where it stands in the nearest of them, if that is asked for.
            said: What is said of it there.
        """
        place, hints = place_of(cls), public_hints(cls)
        taken: dict[str, str] = {}
        methods: list[Method] = []
        for name, member in _members(cls):
            if isinstance(member, property):
                if typing_extensions.is_protocol(cls):
                    what = f"{name} is a property, and callers can only call"
                    advice = f"Write async def {name}(self) -> …: ..."
                    self._types.refuse(f"{place}.{name}", what, advice)
            elif self._claim(name, taken, place):
                method = self._reader.read(member, (*path, name), cls)
                if method is not None:
                    methods.append(method)
        self.methods.update((method.wire, method) for method in methods)
        events = tuple(self._events(cls, hints, path, taken))
        self.events.update((event.wire, event) for event in events)
        namespaces: list[Namespace] = []
        for name, annotation in self._namespaces(cls, hints, place):
            if annotation in {cls, *within}:
                what = f"{spell(annotation)} contains itself"
                self._types.refuse(f"{place}.{name}", what, "Give it a class of its own.")
            elif not path and camel(name) in _RESERVED:
                what = f"names that start with {camel(name)}. are reserved on the wire"
                self._types.refuse(f"{place}.{name}", what, "Give it another name.")
            elif self._claim(name, taken, place):
                said_of = self._types.sources.of(cls) if self._types.sources else None
                here = said_of.place(name) if said_of else None
                doc = said_of.doc(name) if said_of else ""
                namespaces.append(
                    self.namespace(annotation, (*path, name), (*within, cls), here, doc)
                )
        wire = ".".join(map(camel, path))
        return Namespace(
            wire=wire,
            name=wire.rpartition(".")[2],
            doc=doc_of(cls),
            methods=tuple(methods),
            namespaces=tuple(namespaces),
            source=self._types.source_of(cls),
            events=events,
            said=said,
            attribute=attribute,
        )

    def _events(
        self, cls: type, hints: list[Hint], path: tuple[str, ...], taken: dict[str, str]
    ) -> Iterator[EventType]:
        place = place_of(cls)
        for name, owner, hint in hints:
            if is_event(hint) and self._claim(name, taken, place):
                yield read_event(self._types, hint, (*path, name), owner, f"{place}.{name}")
        for name in made_events(cls) - {name for name, _owner, _hint in hints}:
            what = f"{name} does not say what it carries"
            self._types.refuse(f"{place}.{name}", what, f"Write {name}: Event[str], or what it is.")

    def _claim(self, name: str, taken: dict[str, str], place: str) -> bool:
        """Take a member's name on the wire, if it can be had."""
        wire = camel(name)
        if wire in taken:
            what = f"{taken[wire]} and {name} are both {wire} on the wire"
            if taken[wire] == name:
                what = f"{name} is a method too, and a name stands for one thing on the wire"
            self._types.refuse(f"{place}.{name}", what, "Give one of them another name.")
            return False
        taken[wire] = name
        if wire == "then":
            what = "JavaScript takes an object with a member called then for a promise"
            self._types.refuse(f"{place}.{name}", what, "Give it another name.")
        return True

    def _namespaces(self, cls: type, hints: list[Hint], place: str) -> Iterator[tuple[str, type]]:
        """Return the annotated attributes that are namespaces, and refuse what looks like one."""
        for name, _owner, hint in hints:
            if is_event(hint):
                continue
            if isinstance(hint, Unresolved):
                self._types.refuse(f"{place}.{name}", hint.problem, hint.advice)
            elif _is_namespace(hint):
                yield name, hint
            elif typing_extensions.is_protocol(cls) and not _is_class_var(hint):
                what = f"{spell(hint)} is no class with methods"
                advice = f"Write async def {name}(self) -> {spell(hint)}: ..., or leave it out."
                self._types.refuse(f"{place}.{name}", what, advice)


def _members(cls: type) -> list[tuple[str, Any]]:
    """Return the public functions and properties of a class and its bases, base classes first."""
    found = {
        name: member
        for owner in reversed(cls.__mro__)
        for name, member in vars(owner).items()
        if is_public(name, owner)
    }
    return [
        (name, member)
        for name, member in found.items()
        if isinstance(member, property) or isinstance(function_of(member), FunctionType)
    ]


def _is_class_var(hint: object) -> bool:
    return get_origin(hint) is ClassVar


def _is_namespace(hint: Any, within: tuple[type, ...] = ()) -> bool:
    if not isinstance(hint, type) or hint is Progress or is_event(hint):
        return False
    if hint.__module__.partition(".")[0] in sys.stdlib_module_names:
        return False
    return kind_of(hint) is None and (bool(_members(hint)) or _holds_namespaces(hint, within))


def _holds_namespaces(cls: type, within: tuple[type, ...]) -> bool:
    if cls in within:
        return False
    hints = [hint for _name, _owner, hint in public_hints(cls)]
    if typing_extensions.is_protocol(cls) and any(isinstance(h, Unresolved) for h in hints):
        # Whatever it was meant to be, it is told where it stands.
        return True
    return any(is_event(hint) or _is_namespace(hint, (*within, cls)) for hint in hints)
