"""The OpenRPC document of a contract, as far as comparing it goes."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

__all__ = ["Document", "Error", "Event", "Members", "Method", "Parameter", "Schema", "read"]

Schema: TypeAlias = dict[str, Any]


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a method, or the payload of an event."""

    name: str
    schema: Schema
    required: bool = False
    keyword: bool = msgspec.field(name="x-keyword-only", default=False)


class Result(msgspec.Struct, frozen=True):
    """What a method answers with."""

    schema: Schema


class Error(msgspec.Struct, frozen=True):
    """An error that a method declares."""

    code: int
    name: str = msgspec.field(name="x-name")
    data: Schema | None = None


class Method(msgspec.Struct, frozen=True):
    """A method: of the worker's, or of the page's."""

    name: str
    params: tuple[Parameter, ...]
    result: Result
    errors: tuple[Error, ...] = ()
    deprecated: bool = False


class Event(msgspec.Struct, frozen=True):
    """An event; its one parameter is its payload."""

    name: str
    params: tuple[Parameter]


class Members(msgspec.Struct, frozen=True):
    """What one side offers the other."""

    methods: tuple[Method, ...] = ()
    events: tuple[Event, ...] = msgspec.field(name="x-events", default=())


class Components(msgspec.Struct, frozen=True):
    """The types that have a name."""

    schemas: dict[str, Schema]


class Document(Members, frozen=True, kw_only=True):
    """What a worker offers, and what it calls at its pages."""

    openrpc: str
    components: Components
    frontend: Members = msgspec.field(name="x-frontend", default=Members())


def read(text: bytes | str) -> Document:
    """Return a document from its JSON text.

    Raises:
        ValueError: It is no such document.
    """
    return msgspec.json.decode(text, type=Document)
