"""Two types of numbers or of texts: their values, what they are, and what is demanded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpc_worker.breaking.bounds import allows, compare_bounds
from rpc_worker.breaking.findings import Finding
from rpc_worker.breaking.shapes import json, scalar_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rpc_worker.breaking.findings import Place
    from rpc_worker.breaking.shapes import Shape

__all__ = ["compare_scalars"]


def compare_scalars(old: Shape, new: Shape, place: Place) -> Iterator[Finding]:
    """Return the differences of two shapes of one kind."""
    values, values_now = old.values, new.values
    if values is None and values_now is None:
        yield from _compare_free(old, new, place)
    elif values is None:
        yield _listed(place, values_now or [], old)
    elif values_now is None:
        yield _freed(place, values, new)
    else:
        for value in values:
            if value not in values_now:
                text = f"{place} can be {json(value)} no longer"
                yield Finding(text, giving="that give it are refused")
        for value in values_now:
            if value not in values:
                yield Finding(f"{place} can be {json(value)} now", taking="do not expect it")


def _listed(place: Place, values: Sequence[str | float], old: Shape) -> Finding:
    """Return what it means that only some values are left."""
    were_allowed = all(_takes(old, value) for value in values)
    return Finding(
        f"{place} can only be {' or '.join(map(json, values))} now, and was {scalar_name(old)}",
        giving="that give others are refused",
        taking="" if were_allowed else f"expect {scalar_name(old)}",
    )


def _freed(place: Place, values: Sequence[str | float], new: Shape) -> Finding:
    """Return what it means that a type is no longer some values, told one by one."""
    were = " or ".join(map(json, values))
    are_allowed = all(_takes(new, value) for value in values)
    return Finding(
        f"{place} is {scalar_name(new)} now, and was {were}",
        giving="" if are_allowed else f"that give {were} are refused",
        taking=f"expect {were}",
    )


def _takes(free: Shape, value: str | float) -> bool:
    return scalar_name(free) in {"int", "float", "str"} and allows(free.schema, value)


def _compare_free(old: Shape, new: Shape, place: Place) -> Iterator[Finding]:
    was, now = scalar_name(old), scalar_name(new)
    if was != now:
        yield Finding(
            f"{place} is {now} now, and was {was}",
            giving="" if _is_wider(now, was) else _refused(now, was),
            taking="" if _is_wider(was, now) else f"expect {was}",
        )
    yield from compare_bounds(old.schema, new.schema, place)


def _refused(now: str, was: str) -> str:
    return f"that give {was} give their text" if now == "str" else f"that give {was} are refused"


_CONVERTED: Final = frozenset({"BigInt", "bytes", "datetime", "timedelta"})
"""Texts on the wire, which stand for something else on both sides."""


def _is_wider(one: str, other: str) -> bool:
    """Return whether all values of one type are values of another one."""
    if one == "str":
        return other not in _CONVERTED
    return one == "float" and other == "int"
