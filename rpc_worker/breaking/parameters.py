"""The parameters of two methods: their names, their places, and which of them must be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.breaking.findings import Finding
from rpc_worker.breaking.objects import compare_defaults
from rpc_worker.breaking.references import compare_crossing, crossing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.breaking.documents import Document, Method, Parameter
    from rpc_worker.breaking.findings import Flow

__all__ = ["compare_parameters"]


def compare_parameters(
    documents: tuple[Document, Document], old: Method, new: Method, flow: Flow
) -> Iterator[tuple[Finding, Flow]]:
    """Return the differences, and which way what differs goes.

    Args:
        documents: The old one and the new one.
        old: The method in the one.
        new: The method in the other.
        flow: Where arguments go.
    """
    names = _renamed(documents, old, new)
    params = {parameter.name: parameter for parameter in new.params}
    for parameter in old.params:
        now = params.get(names.get(parameter.name, parameter.name))
        if now is None:
            yield _gone(parameter), flow
            continue
        for finding in _compare(parameter, now, flow):
            yield finding, flow
        what = f"the parameter {now.name}"
        yield from compare_crossing(documents, parameter.schema, now.schema, what, flow)
    known = {*names.values(), *(parameter.name for parameter in old.params)}
    for parameter in new.params:
        if parameter.name not in known:
            yield _added(parameter), flow
    for finding in _moved(old, new, names):
        yield finding, flow


def _gone(parameter: Parameter) -> Finding:
    return Finding(
        f"the parameter {parameter.name} is gone",
        giving="that give it are refused",
        taking="refuse calls without it" if parameter.required else "",
    )


def _added(parameter: Parameter) -> Finding:
    needed = "is new and required" if parameter.required else "is new, and may be left out"
    return Finding(
        f"the parameter {parameter.name} {needed}",
        giving="that do not give it are refused" if parameter.required else "",
        taking="refuse calls that give it",
    )


def _compare(old: Parameter, new: Parameter, flow: Flow) -> Iterator[Finding]:
    what = f"the parameter {old.name}"
    if old.name != new.name:
        yield Finding(
            f"{what} is called {new.name} now",
            giving="that give it by name are refused",
            taking="refuse calls that give it by name",
        )
        what = f"the parameter {new.name}"
    if new.required and not old.required:
        yield Finding(f"{what} is required now", giving="that leave it out are refused")
    if old.required and not new.required:
        yield Finding(f"{what} may be left out now", taking="refuse calls without it")
    if flow == "in" and not new.required:
        yield from compare_defaults(old.schema, new.schema, what)
    if _has_place(old) and new.keyword:
        text = f"{what} is keyword-only now"
        yield Finding(text, giving="that give it by position are refused")
    if old.keyword and _has_place(new):
        text = f"{what} can be given by position now"
        yield Finding(text, taking="refuse calls that do so")


def _has_place(parameter: Parameter) -> bool:
    """Whether generated code gives it by position; progress is an option wherever it stands."""
    return not parameter.keyword and crossing(parameter.schema).kind != "progress"


def _moved(old: Method, new: Method, names: dict[str, str]) -> Iterator[Finding]:
    places = [parameter.name for parameter in new.params if _has_place(parameter)]
    positional = [parameter.name for parameter in old.params if _has_place(parameter)]
    # Of those that have no place any more, all has been said.
    left = [name for name in positional if names.get(name, name) in places]
    for place, name in enumerate(left):
        was, now = positional.index(name), places.index(names.get(name, name))
        if now not in {place, was}:
            yield Finding(
                f"the parameter {names.get(name, name)} is number {now + 1} by position now, and "
                f"was number {was + 1}",
                giving="that give it by position give another one",
                taking="take it for another one by position",
            )


def _renamed(documents: tuple[Document, Document], old: Method, new: Method) -> dict[str, str]:
    """Return the new names of parameters: those in the same place, or else the only one alike."""
    gone = _without(old, new)
    added = _without(new, old)
    names: dict[str, str] = {}
    for parameter in gone:
        place = _place(old, parameter)
        for candidate in added:
            same_place = place is not None and place == _place(new, candidate)
            alone = len(gone) == len(added) == 1 and parameter.keyword and candidate.keyword
            if (same_place or alone) and _is_alike(documents, parameter, candidate):
                names[parameter.name] = candidate.name
    return names


def _is_alike(documents: tuple[Document, Document], one: Parameter, other: Parameter) -> bool:
    renamed = msgspec.structs.replace(one, name=other.name)
    crossed = compare_crossing(documents, one.schema, other.schema, "", "in")
    return not any(_compare(renamed, other, "in")) and not any(crossed)


def _place(method: Method, parameter: Parameter) -> int | None:
    placed = [p for p in method.params if _has_place(p)]
    return placed.index(parameter) if parameter in placed else None


def _without(method: Method, other: Method) -> list[Parameter]:
    names = {parameter.name for parameter in other.params}
    return [parameter for parameter in method.params if parameter.name not in names]
