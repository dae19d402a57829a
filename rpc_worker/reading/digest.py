"""The digest of a contract: whether two sides were made from the same one.

It covers what is visible on the wire, and nothing else: no documentation, no names of Python types,
no order where JSON has none. It is the same in each process and on each version of Python, so what
goes into it is written here by hand, and never a `repr`.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.canonical import canonical
from rpc_worker.contract import REQUIRED
from rpc_worker.reading.hints import key_of
from rpc_worker.schema import (
    Array,
    Callback,
    Choice,
    Constraints,
    Enumeration,
    Map,
    Progress,
    Record,
    Scalar,
    Stream,
    Tuple,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rpc_worker.contract import EventType, Method, Parameter
    from rpc_worker.schema import Field, Reference, Type

__all__ = ["digest_of", "joined"]

_LENGTH: Final = 16
"""Hexadecimal digits: enough to tell contracts apart, and short enough to read aloud."""


def digest_of(methods: Iterable[Method], events: Iterable[EventType]) -> str:
    """Return the digest of a contract's methods and events."""
    return _hashed(canonical_form(methods, events))


def joined(backend: str, frontend: str) -> str:
    """Return the digest of two contracts, of which each has a side of the conversation."""
    return _hashed({"backend": backend, "frontend": frontend})


def _hashed(canonical: dict[str, Any]) -> str:
    text = msgspec.json.encode(canonical, order="sorted")
    digest: str = _sha256()(text).hexdigest()
    return digest[:_LENGTH]


def _sha256() -> Callable[[bytes], Any]:
    """Return the algorithm from where it is alone; hashlib loads OpenSSL with all of them."""
    for module in ("_sha2", "_sha256"):  # Since Python 3.12, and before.
        with suppress(ImportError):
            found: Callable[[bytes], Any] = importlib.import_module(module).sha256
            return found
    import hashlib  # noqa: PLC0415 - a Python that was built without the other two

    return hashlib.sha256


def canonical_form(methods: Iterable[Method], events: Iterable[EventType]) -> dict[str, Any]:
    """Return what the digest is taken of."""
    writer = _Writer()
    return {
        "methods": [writer.method(method) for method in sorted(methods, key=lambda m: m.wire)],
        "events": [
            {"name": event.wire, "type": writer.type(event.payload)}
            for event in sorted(events, key=lambda e: e.wire)
        ],
        "records": writer.records,
    }


class _Writer:
    """Writes types; each record once, under the number of its first visit."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self._numbers: dict[Any, int] = {}

    def method(self, method: Method) -> dict[str, Any]:
        positional = [p for p in method.parameters if not p.keyword]
        keyword = sorted((p for p in method.parameters if p.keyword), key=lambda p: p.wire)
        return {
            "name": method.wire,
            "params": [
                {
                    "name": p.wire,
                    "keyword": p.keyword,
                    "default": _parameter_default(p),
                    "type": self._parameter(p.type),
                }
                for p in (*positional, *keyword)
            ],
            "result": self._parameter(method.result),
            "errors": [
                {"code": e.code, "data": None if e.data is None else self.type(e.data)}
                for e in sorted(method.errors, key=lambda e: e.code)
            ],
        }

    def _parameter(self, node: Type | Reference) -> list[Any]:
        match node:
            case Stream():
                return ["stream", self.type(node.item), node.optional]
            case Progress():
                return ["progress", self.type(node.value)]
            case Callback():
                answer = None if node.result is None else self.type(node.result)
                return ["callback", [*map(self.type, node.parameters)], answer, node.optional]
            case _:
                return self.type(node)

    def type(self, node: Type) -> list[Any]:
        match node:
            case Scalar():
                return [node.kind, _constraints(node.constraints)]
            case Choice():
                return ["choice", _values(node.values)]
            case Enumeration():
                return ["choice", _values(member.value for member in node.members)]
            case Array():
                form = "set" if node.kind in {"set", "frozenset"} else "array"
                return [form, self.type(node.item), _constraints(node.constraints)]
            case Tuple():
                return ["tuple", *map(self.type, node.items)]
            case Map():
                parts = [self.type(node.key), self.type(node.value)]
                return ["map", *parts, _constraints(node.constraints)]
            case Record():
                return ["record", self._record(node)]
            case _:
                return ["union", *map(self.type, node.members)]

    def _record(self, record: Record) -> int:
        # Not the record: a generic one of an alias, and of what that stands for, are two.
        key = key_of(record.annotation)
        if key in self._numbers:
            return self._numbers[key]
        number = self._numbers[key] = len(self.records)
        written: dict[str, Any] = {}
        self.records.append(written)
        # An array's order is visible on the wire, an object's is not.
        fields = record.fields
        if not record.array_like:
            fields = sorted(fields, key=lambda field: field.wire)
        written |= {
            "array": record.array_like,
            "tag": None if record.tag_field is None else [record.tag_field, record.tag],
            "closed": record.forbid_unknown,
            "fields": [self._field(field) for field in fields],
        }
        return number

    def _field(self, field: Field) -> dict[str, Any]:
        return {
            "name": field.wire,
            "default": _default(field.default, required=field.required),
            "unset": field.unset,
            "type": self.type(field.type),
        }


def _parameter_default(parameter: Parameter) -> str:
    # On the wire anybody may leave progress out, whatever the handler is given then.
    default = None if isinstance(parameter.type, Progress) else parameter.default
    return _default(default, required=default is REQUIRED)


def _default(default: Any, *, required: bool) -> str:
    """Return a default as JSON text, or what stands for none, which is no JSON."""
    if required:
        return "required"
    if default is msgspec.UNSET:
        return "absent"
    # As built-in values first: keys that are no text are not ordered.
    return msgspec.json.encode(canonical(default), order="deterministic").decode()


def _values(values: Iterable[str | int]) -> list[str | int]:
    return sorted(values, key=lambda value: (type(value).__name__, value))


def _constraints(constraints: Constraints | None) -> dict[str, Any]:
    return {} if constraints is None else msgspec.to_builtins(constraints)
