"""The methods, the events and the errors of two documents: what is different, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from rpc_worker.breaking.findings import Finding, Place, opposite
from rpc_worker.breaking.parameters import compare_parameters
from rpc_worker.breaking.references import compare_crossing, crossing
from rpc_worker.breaking.shapes import described, shapes
from rpc_worker.breaking.types import TypeComparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.breaking.documents import Document, Error, Event, Members, Method, Schema
    from rpc_worker.breaking.findings import Flow

__all__ = ["Change", "changes"]

T = TypeVar("T", "Method", "Event")


class Change(msgspec.Struct, frozen=True, order=True):
    """One change of a contract, in words.

    Attributes:
        member: The method or event; `frontend` stands before one of the page's.
        text: What has changed, and what that means for those whom it breaks.
    """

    member: str
    text: str
    breaks: bool


def changes(old: Document, new: Document) -> list[Change]:
    """Return all that has changed on the wire.

    The changes of one member stand together. Those members come first of which a change breaks
    somebody, and what does comes first among a member's changes.
    """
    found = [
        *_Side(old, new, "", "clients", "in").changes(old, new),
        *_Side(old, new, "frontend ", "pages", "out").changes(old.frontend, new.frontend),
    ]
    breaking = {change.member for change in found if change.breaks}
    return sorted(
        dict.fromkeys(found),
        key=lambda c: (c.member not in breaking, c.member, not c.breaks),
    )


class _Side:
    """What one side of the conversation offers the other.

    Args:
        prefix: What stands before the names of members.
        callers: Who was generated from it: the clients that call it, or the pages that are called.
        given: Where arguments go.
    """

    def __init__(
        self, old: Document, new: Document, prefix: str, callers: str, given: Flow
    ) -> None:
        self._documents = old, new
        self._prefix = prefix
        self._callers = callers
        self._given: Flow = given
        self._answered: Flow = opposite(given)

    def changes(self, old: Members, new: Members) -> Iterator[Change]:
        """Return what is different in the methods and events."""
        methods, methods_now = _by_name(old.methods), _by_name(new.methods)
        events, events_now = _by_name(old.events), _by_name(new.events)
        for name, method in methods.items():
            if name in methods_now:
                for finding, flow in self._method(method, methods_now[name]):
                    yield self._change(name, finding, flow)
            else:
                renamed = self._renamed(method, methods, methods_now)
                text = f"the method is gone{', perhaps renamed to ' * bool(renamed)}{renamed}"
                gone = Finding(text, giving="that call it are refused")
                yield self._change(name, gone, self._given)
        for name in methods_now:
            if name not in methods:
                added = Finding("the method is new", taking="answer it with error -32601")
                yield self._change(name, added, self._given)
        for name, event in events.items():
            if name in events_now:
                for finding in self._event(event, events_now[name]):
                    yield self._change(name, finding, "out")
            else:
                yield self._change(
                    name, Finding("the event is gone", taking="wait for it in vain"), "out"
                )
        for name in events_now:
            if name not in events:
                yield self._change(name, Finding("the event is new"), "out")

    def _change(self, name: str, finding: Finding, flow: Flow) -> Change:
        consequence = finding.consequence(flow)
        text = finding.text
        if consequence:
            text += f": {self._callers} {consequence}"
        return Change(f"{self._prefix}{name}", text, bool(consequence))

    def _method(self, old: Method, new: Method) -> Iterator[tuple[Finding, Flow]]:
        yield from compare_parameters(self._documents, old, new, self._given)
        yield from self._result(old.result.schema, new.result.schema)
        yield from self._errors(old, new)
        if new.deprecated and not old.deprecated:
            yield Finding("the method is deprecated now"), self._given

    def _result(self, old: Schema, new: Schema) -> Iterator[tuple[Finding, Flow]]:
        values = crossing(old).kind == crossing(new).kind == "a value"
        if values and self._answered == "out" and old == {"type": "null"} != new:
            # In TypeScript that is `void`, and nobody has looked at it.
            components = self._documents[1].components.schemas
            now = described(shapes(new, components), components)
            yield Finding(f"the result is {now} now, and there was none"), self._answered
        else:
            yield from compare_crossing(self._documents, old, new, "the result", self._answered)

    def _errors(self, old: Method, new: Method) -> Iterator[tuple[Finding, Flow]]:
        errors, errors_now = ({e.code: e for e in m.errors} for m in (old, new))
        for code, error in errors.items():
            if code in errors_now:
                yield from self._error(error, errors_now[code])
            else:
                names = {e.name: e.code for e in new.errors if e.code not in errors}
                what = f"the error {error.name} ({code})"
                is_now = names.get(error.name)
                text = f"{what} is gone" if is_now is None else f"{what} has the code {is_now} now"
                yield Finding(text, taking=f"look for {code} in vain"), self._answered
        for code, error in errors_now.items():
            if code not in errors:
                text = f"the error {error.name} ({code}) is new"
                yield Finding(text, giving="never answer with it"), self._answered

    def _error(self, old: Error, new: Error) -> Iterator[tuple[Finding, Flow]]:
        what = f"the data of the error {new.name} ({new.code})"
        if old.data is not None and new.data is not None:
            yield from compare_crossing(self._documents, old.data, new.data, what, self._answered)
        elif new.data is not None:
            yield Finding(f"{what} is new", giving="give none"), self._answered
        elif old.data is not None:
            yield Finding(f"{what} is gone", taking="expect it"), self._answered

    def _event(self, old: Event, new: Event) -> Iterator[Finding]:
        schemas, schemas_now = (document.components.schemas for document in self._documents)
        types = TypeComparison(schemas, schemas_now, "out")
        (payload,), (payload_now,) = old.params, new.params
        return types.compare(payload.schema, payload_now.schema, Place("the payload"))

    def _renamed(
        self, gone: Method, methods: dict[str, Method], methods_now: dict[str, Method]
    ) -> str:
        """Return the name of the one new method that does not differ; else nothing."""
        same = [
            name
            for name, method in methods_now.items()
            if name not in methods and not any(self._method(gone, method))
        ]
        return same[0] if len(same) == 1 else ""


def _by_name(members: tuple[T, ...]) -> dict[str, T]:
    return {member.name: member for member in members}
