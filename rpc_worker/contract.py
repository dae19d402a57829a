"""A typed class as a contract: what dispatch and code generation both read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec
import typing_extensions

from rpc_worker.errors import ContractError, Misfit

if TYPE_CHECKING:
    from rpc_worker.errors import RpcError
    from rpc_worker.schema import Record, Reference, Source, Stream, Type

__all__ = [
    "REQUIRED",
    "Contract",
    "ErrorType",
    "EventType",
    "Kind",
    "Method",
    "Namespace",
    "Parameter",
    "common_digest",
    "find_contract",
    "read_contract",
]

Kind: TypeAlias = "Literal['async', 'stream', 'thread', 'inline', 'process', 'executor']"

REQUIRED: Final = msgspec.UNSET
"""Stands where a parameter has no default."""


class Parameter(msgspec.Struct, frozen=True, eq=False):
    """One parameter of a method.

    Attributes:
        name: As Python spells it.
        wire: The same in camelCase: its name in a call by name, and in TypeScript.
        keyword: Whether it is keyword-only; in TypeScript it is then a member of the options.
        default: What a missing one becomes, or REQUIRED.
    """

    name: str
    wire: str
    type: Type | Reference
    annotation: Any
    keyword: bool
    default: Any = REQUIRED
    doc: str = ""
    examples: tuple[Any, ...] = ()
    """What `Meta(examples=…)` has."""
    source: Source | None = None
    """Where it stands, if that is asked for."""


class ErrorType(msgspec.Struct, frozen=True, eq=False):
    """A type of error that a method declares with `@raises`.

    Attributes:
        data: The record of its fields, or None if it has none.
    """

    cls: type[RpcError]
    name: str
    code: int
    doc: str
    data: Record | None
    source: Source
    deprecated: str | None = None


class Method(msgspec.Struct, frozen=True, eq=False):
    """One method: `wire` is `files.readText` where Python says `files.read_text`.

    Attributes:
        path: The attributes from the implementation to the function, as Python spells them.
        parameters: In the order of the signature: positional ones first, then keyword-only ones.
        result_annotation: What msgspec decodes and checks; `None` for `-> None`.
        errors: What `@raises` declares.
        deprecated: The text given to `@deprecated`, or None.
        function: What it was read from, as it stands in its class, if that has such a thing.
    """

    wire: str
    path: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    result: Type | Stream
    result_annotation: Any
    doc: str
    deprecated: str | None
    errors: tuple[ErrorType, ...]
    source: Source
    kind: Kind
    """How the contract's own function would run; what an implementation does is its own affair."""
    function: Any = None

    @property
    def name(self) -> str:
        """The last part of the wire name."""
        return self.wire.rpartition(".")[2]


class EventType(msgspec.Struct, frozen=True, eq=False):
    """One event: `wire` is `files.changed`, a notification's method that is no method.

    Attributes:
        path: The attributes from the implementation to the event, as Python spells them.
        payload: The type of what it carries.
    """

    wire: str
    path: tuple[str, ...]
    payload: Type
    doc: str
    source: Source

    @property
    def name(self) -> str:
        """The last part of the wire name."""
        return self.wire.rpartition(".")[2]


class Namespace(msgspec.Struct, frozen=True, eq=False):
    """A group of methods and events; the contract itself is the outermost, with an empty `wire`.

    Attributes:
        source: Where its class is defined.
        doc: What its class says of itself.
        said: What is said of it in the class around it.
        attribute: Where it stands there; None of the outermost.
    """

    wire: str
    name: str
    doc: str
    methods: tuple[Method, ...]
    namespaces: tuple[Namespace, ...]
    source: Source
    events: tuple[EventType, ...] = ()
    said: str = ""
    attribute: Source | None = None


class Contract(msgspec.Struct, frozen=True, eq=False):
    """All that a typed class promises.

    Attributes:
        name: The class's name, as written.
        methods: By wire name, of all namespaces.
        digest: Sixteen hexadecimal digits over the canonical JSON of whatever is visible on the
            wire; documentation and the names of Python types leave it unchanged (protocol,
            section 3).
    """

    name: str
    doc: str
    root: Namespace
    methods: dict[str, Method]
    digest: str
    source: Source
    events: dict[str, EventType] = {}
    """By wire name, of all namespaces."""
    templates: dict[type, Record] = {}
    """Each generic class as it is written: applied to its own type variables, which are Scalars
    "any" with an alias. Read with the sources only."""


def read_contract(cls: type, *, frontend: bool = False, sources: bool = False) -> Contract:
    """Read a typed class as a contract.

    Args:
        cls: A Protocol, or any class with annotated public methods.
        frontend: Whether it is what windows offer the worker; they emit no events.
        sources: Whether to read what only the generator wants: docstrings of fields, names of
            types, generics as they are written, and where all of it stands in the source files. A
            worker starts sooner without.

    Raises:
        ContractError: With all that is wrong at once.
    """
    # The readers import this module's classes.
    from rpc_worker.reading.annotations import TypeReader  # noqa: PLC0415 - as said
    from rpc_worker.reading.digest import digest_of  # noqa: PLC0415 - as said
    from rpc_worker.reading.members import MemberReader  # noqa: PLC0415 - as said

    _check_class(cls)
    types = TypeReader(_open_sources() if sources else None)
    members = MemberReader(types)
    root = members.namespace(cls)
    if not members.methods and not members.events and not types.misfits:
        where = f"{cls.__module__}.{cls.__qualname__}"
        advice = "Write a method with types: async def greet(self, name: str) -> str: ..."
        types.refuse(where, "it has no public methods, so there is nothing to call", advice)
    for event in members.events.values() if frontend else ():
        where = f"{cls.__module__}.{cls.__qualname__}.{'.'.join(event.path)}"
        advice = f"Write async def {event.path[-1]}(self, …) -> None: ... in the worker's contract."
        types.refuse(where, "it is an event, and a window sends none", advice)
    if not types.misfits:
        types.check_decoders()
    if types.misfits:
        raise ContractError(list(dict.fromkeys(types.misfits)))
    return Contract(
        name=cls.__name__,
        doc=root.doc,
        root=root,
        methods=members.methods,
        digest=digest_of(members.methods.values(), members.events.values()),
        source=root.source,
        events=members.events,
        templates=types.templates,
    )


def common_digest(backend: Contract, frontend: Contract | None) -> str:
    """Return the digest of both contracts of a conversation; the backend's alone if it is all."""
    if frontend is None:
        return backend.digest
    from rpc_worker.reading.digest import joined  # noqa: PLC0415 - the readers import this module

    return joined(backend.digest, frontend.digest)


def find_contract(implementation: type) -> type:
    """Return the nearest Protocol that a class inherits from, else the class itself."""
    for cls in implementation.__mro__:
        if typing_extensions.is_protocol(cls) and cls.__module__ not in _NOT_OURS:
            return cls
    return implementation


_NOT_OURS: Final = frozenset({"typing", "typing_extensions"})
"""Modules whose Protocols, such as SupportsInt, are no contracts."""


def _check_class(found: object) -> None:
    if not isinstance(found, type):
        name = type(found).__qualname__
        what = f"a contract is a class, and this is one of its objects: {found!r:.80}"
        raise ContractError([Misfit(f"{type(found).__module__}.{name}", what, f"Write {name}.")])


def _open_sources() -> Any:
    from rpc_worker.reading.sources import Sources  # noqa: PLC0415 - it parses, which takes time

    return Sources()
