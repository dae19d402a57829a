"""Which way types cross, and which of them are two in TypeScript.

A field with a default may be left out of what is sent to the worker, and is always there in what
comes back; bytes that come are an array of their own, and those that go may be a part of any. So
one Python type can be two types in TypeScript, and each is looked at in the directions in which it
travels. Input is what the worker gets, output what the page gets: the parameters of the backend's
methods are input, their results and the data of errors are output; with the frontend's methods it
is the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from rpc_worker.schema import Array, Map, Record, Scalar, Tuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rpc_worker.schema import Alias, Type

Direction: TypeAlias = Literal["input", "output"]
Side: TypeAlias = Literal["backend", "frontend"]

Key: TypeAlias = "type | tuple[str, str]"
"""What a type with a name is known by: a class, or the module and the name of an alias."""

GIVEN: Final[dict[Side, Direction]] = {"backend": "input", "frontend": "output"}
"""Which way the parameters of a side's methods go."""


def opposite(direction: Direction) -> Direction:
    """Return the other direction: what a function is given goes against the function itself."""
    return "output" if direction == "input" else "input"


def alias_key(alias: Alias) -> Key:
    """Return what an alias is known by."""
    return alias.module, alias.name


def unnamed(node: Type) -> Type:
    """Return what an alias stands for."""
    return msgspec.structs.replace(node, alias=None)


def may_be_absent(record: Record, index: int, direction: Direction) -> bool:
    """Tell whether a field can be missing on the wire in this direction."""
    field = record.fields[index]
    if record.array_like:
        # A place can be left out only if all that follow are left out too.
        return direction == "input" and not any(f.required for f in record.fields[index:])
    if field.required:
        return False
    is_left_out = record.omit_defaults or record.kind == "typeddict" or field.unset
    return direction == "input" or is_left_out


def split(
    records: Mapping[type, Record],
    aliases: Mapping[Key, Type],
    directions: Mapping[Key, set[Direction]],
) -> frozenset[Key]:
    """Return what travels both ways and looks different each way."""
    parts: dict[Key, set[Key]] = {}
    found: set[Key] = set()
    for cls, record in records.items():
        if len(directions[cls]) > 1:
            parts[cls] = {part for f in record.fields for part in _parts(f.type)}
            if _differs(record):
                found.add(cls)
    for key, node in aliases.items():
        if len(directions[key]) > 1:
            parts[key] = set(_parts(unnamed(node)))
    # What holds one of these is two types too.
    grown = True
    while grown:
        more = {key for key, inner in parts.items() if _BYTES in inner or inner & found}
        grown = not more <= found
        found |= more
    return frozenset(found)


_BYTES: Final[Key] = ("", "bytes")


def _differs(record: Record) -> bool:
    return any(
        may_be_absent(record, index, "input") != may_be_absent(record, index, "output")
        for index in range(len(record.fields))
    )


def _parts(node: Type) -> Iterator[Key]:
    """Return what a type names, and not what is within that."""
    if node.alias is not None:
        yield alias_key(node.alias)
        return
    match node:
        case Scalar(kind="bytes"):
            yield _BYTES
        case Record(cls=cls, arguments=arguments):
            yield cls
            for argument in arguments:
                yield from _parts(argument)
        case Array(item=item) | Map(value=item):
            yield from _parts(item)
        case Tuple(items=items):
            for item in items:
                yield from _parts(item)
        case Union(members=members, written=written):
            for member in written or members:
                yield from _parts(member)
        case _:
            return
