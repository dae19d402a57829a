"""Which way types cross, and which of them are two in TypeScript.

A field with a default may be left out of what is sent to the worker, and is always there in what
comes back. So one Python type can be two types in TypeScript, and each is looked at in the
directions in which it travels. Input is what the worker gets, output what the page gets: the
parameters of the backend's methods are input, their results and the data of errors are output; with
the frontend's methods it is the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from rpc_worker.schema import Array, Map, Record, Tuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.schema import Type

Direction: TypeAlias = Literal["input", "output"]
Side: TypeAlias = Literal["backend", "frontend"]

GIVEN: Final[dict[Side, Direction]] = {"backend": "input", "frontend": "output"}
"""Which way the parameters of a side's methods go."""


def opposite(direction: Direction) -> Direction:
    """Return the other direction: what a function is given goes against the function itself."""
    return "output" if direction == "input" else "input"


def may_be_absent(record: Record, index: int, direction: Direction) -> bool:
    """Tell whether a field can be missing on the wire in this direction."""
    field = record.fields[index]
    if record.array_like:
        # A place can be left out only if all that follow are left out too.
        return direction == "input" and not any(f.required for f in record.fields[index:])
    if field.required:
        return False
    return direction == "input" or record.omit_defaults or record.kind == "typeddict"


def split(records: dict[type, Record], directions: dict[type, set[Direction]]) -> frozenset[type]:
    """Return the classes that travel both ways and look different each way."""
    both = {cls: record for cls, record in records.items() if len(directions[cls]) > 1}
    found = {cls for cls, record in both.items() if _differs(record)}
    # A record that holds one of these is two types too.
    grown = True
    while grown:
        more = {
            cls
            for cls, record in both.items()
            if any(inner.cls in found for f in record.fields for inner in _records_in(f.type))
        }
        grown = not more <= found
        found |= more
    return frozenset(found)


def _differs(record: Record) -> bool:
    return any(
        may_be_absent(record, index, "input") != may_be_absent(record, index, "output")
        for index in range(len(record.fields))
    )


def _records_in(node: Type) -> Iterator[Record]:
    """Return the records that a type names, not those within them."""
    match node:
        case Record():
            yield node
        case Array(item=item) | Map(value=item):
            yield from _records_in(item)
        case Tuple(items=items) | Union(members=items):
            for item in items:
                yield from _records_in(item)
        case _:
            return
