"""What is demanded of numbers, texts, lists and objects, and what was."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.breaking.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpc_worker.breaking.documents import Schema
    from rpc_worker.breaking.findings import Place

__all__ = ["allows", "compare_bounds"]


class _Demand(msgspec.Struct, frozen=True):
    """One kind of what can be demanded.

    Attributes:
        words: A bound, after "must be".
        is_tighter: Whether all that one bound allows is allowed by another one.
        holds: Whether a bound allows a value.
    """

    words: Callable[[Any], str]
    is_tighter: Callable[[Any, Any], bool]
    holds: Callable[[Any, Any], bool]


def _is_multiple(value: float, of: float) -> bool:
    return math.isclose(math.remainder(value, of), 0, abs_tol=1e-12)


_DEMANDS: Final = {
    # The bounds of these two are a limit, and whether it is itself allowed.
    "least": _Demand(
        lambda bound: f"{'at least' if bound[1] else 'more than'} {bound[0]}",
        lambda one, other: (one[0], not one[1]) > (other[0], not other[1]),
        lambda bound, value: value >= bound[0] if bound[1] else value > bound[0],
    ),
    "most": _Demand(
        lambda bound: f"{'at most' if bound[1] else 'less than'} {bound[0]}",
        lambda one, other: (one[0], one[1]) < (other[0], other[1]),
        lambda bound, value: value <= bound[0] if bound[1] else value < bound[0],
    ),
    "shortest": _Demand(
        lambda bound: f"at least {bound} long",
        lambda one, other: one > other,
        lambda bound, value: len(value) >= bound,
    ),
    "longest": _Demand(
        lambda bound: f"at most {bound} long",
        lambda one, other: one < other,
        lambda bound, value: len(value) <= bound,
    ),
    "multiple": _Demand(
        lambda bound: f"a multiple of {bound}",
        _is_multiple,
        lambda bound, value: _is_multiple(value, bound),
    ),
    "pattern": _Demand(
        lambda bound: f"of the pattern {bound}",
        lambda _one, _other: False,
        lambda bound, value: re.search(bound, value) is not None,
    ),
    "offset": _Demand(
        lambda bound: f"{'with' if bound else 'without'} an offset",
        lambda _one, _other: False,
        lambda _bound, _value: True,
    ),
}


def compare_bounds(old: Schema, new: Schema, place: Place) -> Iterator[Finding]:
    """Return where less is allowed than was, or more."""
    before, after = _bounds(old), _bounds(new)
    for name, demand in _DEMANDS.items():
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        is_tighter = was is None or (now is not None and demand.is_tighter(now, was))
        is_looser = now is None or (was is not None and demand.is_tighter(was, now))
        if now is None:
            text = f"{place} need not be {demand.words(was)} any more"
        else:
            text = f"{place} must be {demand.words(now)} now"
            text += f", and had to be {demand.words(was)}" if was is not None else ""
        yield Finding(
            text,
            giving="" if is_looser else "that give others are refused",
            taking="" if is_tighter else "do not expect others",
        )


def allows(schema: Schema, value: str | float) -> bool:
    """Return whether one value is all that a schema without alternatives demands."""
    return all(_DEMANDS[name].holds(bound, value) for name, bound in _bounds(schema).items())


def _bounds(schema: Schema) -> dict[str, Any]:
    more: Schema = schema.get("x-constraints", {})
    found = {
        "least": _limit(schema, "minimum", "exclusiveMinimum"),
        "most": _limit(schema, "maximum", "exclusiveMaximum"),
        "shortest": _first(schema, "minLength", "minItems", "minProperties"),
        "longest": _first(schema, "maxLength", "maxItems", "maxProperties"),
        "multiple": schema.get("multipleOf"),
        "pattern": schema.get("pattern"),
        "offset": more.get("tz"),
    }
    found["shortest"] = found["shortest"] or more.get("min_length")
    found["longest"] = more.get("max_length", found["longest"])
    return {name: bound for name, bound in found.items() if bound is not None}


def _limit(schema: Schema, inclusive: str, exclusive: str) -> tuple[float, bool] | None:
    if inclusive in schema:
        return schema[inclusive], True
    return (schema[exclusive], False) if exclusive in schema else None


def _first(schema: Schema, *names: str) -> Any:
    return next((schema[name] for name in names if name in schema), None)
