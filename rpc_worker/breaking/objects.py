"""Two types of objects: records with fields, and maps from keys to values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpc_worker.breaking.bounds import compare_bounds
from rpc_worker.breaking.findings import Finding
from rpc_worker.breaking.shapes import json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.breaking.documents import Schema
    from rpc_worker.breaking.findings import Flow, Place
    from rpc_worker.breaking.types import TypeComparison

__all__ = ["compare_defaults", "compare_need", "compare_objects"]

_ANY_KEY: Final[Schema] = {"type": "string"}


def compare_objects(
    types: TypeComparison, old: Schema, new: Schema, place: Place
) -> Iterator[Finding]:
    """Return the differences of two schemas of records, or of two of maps."""
    if "properties" in new:
        yield from _compare_records(types, old, new, place)
        return
    yield from compare_bounds(old, new, place)
    keys, keys_now = (_ANY_KEY | schema.get("propertyNames", {}) for schema in (old, new))
    yield from types.compare(keys, keys_now, place.at("keys"))
    values, values_now = (schema.get("additionalProperties", {}) for schema in (old, new))
    yield from types.compare(values, values_now, place.at(".*"))


def _compare_records(
    types: TypeComparison, old: Schema, new: Schema, place: Place
) -> Iterator[Finding]:
    fields, fields_now = old["properties"], new["properties"]
    is_closed = new.get("additionalProperties") is False
    if is_closed and old.get("additionalProperties") is not False:
        text = f"{place} can have no other fields now"
        yield Finding(text, giving="that give others are refused")
    for name, field in fields.items():
        here = place.at(f".{name}")
        left_out = _may_be_left_out(old, name, types.flow)
        if name in fields_now:
            left_out_now = _may_be_left_out(new, name, types.flow)
            yield from compare_need(left_out, left_out_now, here, types.flow)
            if types.flow == "in":
                yield from compare_defaults(field, fields_now[name], str(here))
            yield from types.compare(field, fields_now[name], here)
        else:
            ignored = types.flow == "in" and not is_closed
            yield Finding(
                f"{here} is gone{', and ignored where it is given' * ignored}",
                giving="" if ignored else "that give it are refused",
                taking="" if left_out else "expect it",
            )
    for name in fields_now:
        if name not in fields:
            required = types.flow == "in" and not _may_be_left_out(new, name, "in")
            yield Finding(
                f"{place.at(f'.{name}')} is new{' and required' * required}",
                giving="that do not give it are refused" if required else "",
            )


def _may_be_left_out(record: Schema, name: str, flow: Flow) -> bool:
    """Tell whether a field can be missing; the worker writes what it does not require, too."""
    if flow == "out":
        return name in record.get("x-absent", [])
    return name not in record.get("required", [])


def compare_need(was: bool, now: bool, here: Place, flow: Flow) -> Iterator[Finding]:
    """Return whether a part may be missing `now` that could not before, or the other way round."""
    if was and not now:
        text = f"{here} is {'required' if flow == 'in' else 'always there'} now"
        yield Finding(text, giving="that leave it out are refused")
    elif now and not was:
        text = f"{here} may be {'left out' if flow == 'in' else 'missing'} now"
        yield Finding(text, taking="expect it")


_SHOWN: Final = 60
"""Characters of a default that are shown."""


def compare_defaults(old: Schema, new: Schema, what: str) -> Iterator[Finding]:
    """Return whether what is left out becomes something else now, which breaks nobody."""
    if "default" in old and "default" in new and old["default"] != new["default"]:
        was, now = _shown(old["default"]), _shown(new["default"])
        yield Finding(f"the default of {what} is {now} now, and was {was}")


def _shown(value: Any) -> str:
    text = json(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
