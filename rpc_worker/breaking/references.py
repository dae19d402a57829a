"""Two parameters or two results, of which some are no values: streams, progress and callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from rpc_worker.breaking.findings import Finding, Place, opposite
from rpc_worker.breaking.types import TypeComparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.breaking.documents import Document, Schema
    from rpc_worker.breaking.findings import Flow

__all__ = ["Crossing", "compare_crossing", "crossing"]

_Kind: TypeAlias = Literal["a value", "a stream", "progress", "a callback"]

_MARKS: Final[dict[str, _Kind]] = {
    "x-stream": "a stream",
    "x-progress": "progress",
    "x-callback": "a callback",
}


class Crossing(msgspec.Struct, frozen=True):
    """What stands for a parameter or a result.

    Attributes:
        about: What it is of: the schema of a value, of the items of a stream, of what is reported;
            of a callback its `params` and its `result`.
        optional: Whether null may be given in its place; a value's schema says that itself.
    """

    kind: _Kind
    about: Any
    optional: bool = False


def crossing(schema: Schema) -> Crossing:
    """Return what a parameter's or a result's schema stands for."""
    match schema:
        case {"anyOf": [first, {"type": "null"}]} if _mark(first):
            return Crossing(_MARKS[_mark(first)], first[_mark(first)], optional=True)
        case _ if mark := _mark(schema):
            return Crossing(_MARKS[mark], schema[mark])
        case _:
            return Crossing("a value", schema)


def _mark(schema: Schema) -> str:
    return next((mark for mark in _MARKS if mark in schema), "")


def compare_crossing(
    documents: tuple[Document, Document], old: Schema, new: Schema, what: str, flow: Flow
) -> Iterator[tuple[Finding, Flow]]:
    """Return the differences of two parameters or results, and which way what differs goes.

    Args:
        documents: The old one and the new one.
        old: The schema in the one.
        new: The schema in the other.
        what: How it is called: `the parameter limit`.
        flow: Which way the whole of it goes.
    """
    before, now = crossing(old), crossing(new)
    if before.kind != now.kind:
        text = f"{what} is {now.kind} now, and was {before.kind}"
        giving, taking = f"that give {before.kind} are refused", f"expect {before.kind}"
        yield Finding(text, giving, taking), flow
        return
    if before.optional and not now.optional:
        yield Finding(f"{what} can be null no longer", giving="that give it are refused"), flow
    if now.optional and not before.optional:
        yield Finding(f"{what} can be null now", taking="do not expect it"), flow
    types = _Types(documents)
    match now.kind:
        case "a value":
            yield from types.compare(before.about, now.about, Place(what), flow)
        case "a stream":
            yield from types.compare(before.about, now.about, Place(what, ("[]",)), flow)
        case "progress":
            place = Place(f"what {what} is told")
            yield from types.compare(before.about, now.about, place, opposite(flow))
        case "a callback":
            yield from _compare_callbacks(types, before.about, now.about, what, flow)


class _Types:
    def __init__(self, documents: tuple[Document, Document]) -> None:
        self._schemas = [document.components.schemas for document in documents]

    def compare(
        self, old: Schema, new: Schema, place: Place, flow: Flow
    ) -> Iterator[tuple[Finding, Flow]]:
        old_types, new_types = self._schemas
        for finding in TypeComparison(old_types, new_types, flow).compare(old, new, place):
            yield finding, flow


def _compare_callbacks(
    types: _Types, old: Any, new: Any, what: str, flow: Flow
) -> Iterator[tuple[Finding, Flow]]:
    """Compare two functions: their arguments go against the function, and the answer with it."""
    back = opposite(flow)
    before, now = old["params"], new["params"]
    for index in range(max(len(before), len(now))):
        argument = f"argument {index + 1} of {what}"
        if index >= len(now):
            finding = Finding(f"{argument} is gone", "that give it are refused", "expect it")
            yield finding, back
        elif index >= len(before):
            # A function in TypeScript takes no notice of arguments that it does not know.
            yield Finding(f"{argument} is new", giving="that do not give it are refused"), back
        else:
            yield from types.compare(before[index], now[index], Place(argument), back)
    answer, answer_now = old.get("result"), new.get("result")
    if answer is not None and answer_now is not None:
        yield from types.compare(answer, answer_now, Place(f"the answer of {what}"), flow)
    elif answer_now is not None:
        text = f"{what} has to answer now"
        yield Finding(text, giving="that give one without an answer are refused"), flow
    elif answer is not None:
        yield Finding(f"{what} has no answer any more", taking="wait for it"), flow
