"""Two types of arrays: lists, which have any number of items, and those with a place for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpc_worker.breaking.bounds import compare_bounds
from rpc_worker.breaking.findings import Finding
from rpc_worker.breaking.objects import compare_need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.breaking.documents import Schema
    from rpc_worker.breaking.findings import Place
    from rpc_worker.breaking.types import TypeComparison

__all__ = ["compare_arrays"]


def compare_arrays(
    types: TypeComparison, old: Schema, new: Schema, place: Place
) -> Iterator[Finding]:
    """Return the differences of two schemas of arrays."""
    places, places_now = _places(old), _places(new)
    if places is None and places_now is None:
        yield from compare_bounds(old, new, place)
        yield from types.compare(old["items"], new["items"], place.at("[]"))
    elif places is None:
        if _has_bounds(old):
            yield from compare_bounds(old, new, place)
        else:
            yield Finding(
                f"{place} has {_count(new)} items now, and had any number",
                giving="that give another number are refused",
            )
        for index, item in enumerate(places_now or []):
            yield from types.compare(old["items"], item, place.at(f"[{index}]"))
    elif places_now is None:
        if _has_bounds(new):
            yield from compare_bounds(old, new, place)
        else:
            yield Finding(
                f"{place} can have any number of items now, and had {_count(old)}",
                taking=f"expect {_count(old)}",
            )
        for index, item in enumerate(places):
            yield from types.compare(item, new["items"], place.at(f"[{index}]"))
    else:
        yield from _compare_places(types, old, new, place)


def _places(schema: Schema) -> list[Schema] | None:
    """Return the types of the items, one by one; None of a list."""
    items: list[Schema] | Schema = schema.get("items", [])
    return items if isinstance(items, list) else None


def _has_bounds(schema: Schema) -> bool:
    return "minItems" in schema or "maxItems" in schema


def _count(schema: Schema) -> str:
    least, most = schema["minItems"], schema.get("maxItems")
    if most is None:
        return f"at least {least}"
    return f"{least}" if least == most else f"{least} to {most}"


def _compare_places(
    types: TypeComparison, old: Schema, new: Schema, place: Place
) -> Iterator[Finding]:
    before, now = _places(old) or [], _places(new) or []
    for index in range(max(len(before), len(now))):
        item = place.at(f"[{index}]")
        if index >= len(now):
            ignored = types.flow == "in" and "maxItems" not in new
            yield Finding(
                f"{item} is gone{', and ignored where it is given' * ignored}",
                giving="" if ignored else "that give it are refused",
                taking="expect it",
            )
        elif index >= len(before):
            is_required = types.flow == "in" and index < new["minItems"]
            yield Finding(
                f"{item} is new{' and required' * is_required}",
                giving="that do not give it are refused" if is_required else "",
                # Whoever takes a list of a known length may count.
                taking=f"expect {len(before)} in all" if "maxItems" in old else "",
            )
        else:
            if types.flow == "in":
                may_be_left_out = index >= old["minItems"]
                yield from compare_need(may_be_left_out, index >= new["minItems"], item, "in")
            yield from types.compare(before[index], now[index], item)
