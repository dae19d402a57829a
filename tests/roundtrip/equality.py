"""Whether what came back is what was given: of the same type, and exact where TypeScript is."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import msgspec
import pydantic

MILLISECOND: Final = dt.timedelta(milliseconds=1)
LONGEST_MS: Final = 86_399_999_999_999_984.0
"""The last number before the end of Python's longest timedelta."""

_NOTHING: Final = object()


def difference(given: Any, came: Any, path: str = "$", *, converted: bool = True) -> str | None:
    """Return the first place where values differ; None if there is none.

    Args:
        given: What was sent.
        came: What came back.
        path: Where in the values these are.
        converted: Whether TypeScript had it as a value of its own. A datetime then comes back as
            the same moment, down to its millisecond, in UTC; a timedelta as the number of
            milliseconds that there was of it; and -0.0 as 0.0, for JSON.stringify writes both as 0.
            All else comes back as it was, and so do keys, which are texts there.
    """
    if type(given) is not type(came):
        return _told(path, given, came)
    for step, part, other, inside in _parts(given, came, converted=converted):
        found = difference(part, other, f"{path}{step}", converted=inside)
        if found is not None:
            return found
    return None if _is_same(given, came, converted=converted) else _told(path, given, came)


def _told(path: str, given: object, came: object) -> str:
    was, is_now = ("nothing" if part is _NOTHING else f"{part!r:.500}" for part in (given, came))
    return f"{path} was {was}, and came back as {is_now}"


_Part: TypeAlias = tuple[str, Any, Any, bool]
"""The step to it, what was sent, what came back, and whether that is converted."""


def _parts(given: Any, came: Any, *, converted: bool) -> Iterator[_Part]:
    if _is(given, Mapping):
        keys = {key: key for key in came}
        for key in dict.fromkeys([*given, *came]):
            step, sent = f"[{key!r}]", key if key in given else _NOTHING
            yield f"{step} itself", sent, keys.get(key, _NOTHING), False
            yield step, given.get(key, _NOTHING), came.get(key, _NOTHING), converted
    elif _is(given, list, tuple):
        for index, pair in enumerate(zip_longest(given, came, fillvalue=_NOTHING)):
            yield f"[{index}]", *pair, converted
    elif _is(given, set, frozenset):
        for pair in _unpaired(given, came, converted=converted):
            yield "{…}", *pair, converted
    elif _is(given, msgspec.Raw):
        yield "", msgspec.json.decode(given), msgspec.json.decode(came), converted
    else:
        for name in _fields(given):
            yield f".{name}", getattr(given, name), getattr(came, name), converted


def _unpaired(
    given: AbstractSet[Any], came: AbstractSet[Any], *, converted: bool
) -> Iterator[tuple[Any, Any]]:
    """Yield the items of sets that have not come back, and those that have come from nowhere."""
    pairs = [
        (item, other)
        for item in given
        for other in came
        if difference(item, other, converted=converted) is None
    ]
    lost, found = given - {item for item, _ in pairs}, came - {other for _, other in pairs}
    yield from zip_longest(lost, found, fillvalue=_NOTHING)


def _fields(value: Any) -> list[str]:
    if _is(value, msgspec.Struct):
        return [*value.__struct_fields__]
    if _is(value, pydantic.BaseModel):
        return [*value.__pydantic_fields__]
    if hasattr(value, "__attrs_attrs__"):
        return [attribute.name for attribute in value.__attrs_attrs__]
    return [*getattr(value, "__dataclass_fields__", ())]


def _is(value: object, *classes: type) -> bool:
    return isinstance(value, classes)


# ----------------------------------------------------------------------- what has no parts


def _is_same(given: Any, came: Any, *, converted: bool) -> bool:
    """Tell whether values of one type are the same, once their parts are."""
    kind = given.__class__
    compare = (converted and _CONVERTED.get(kind)) or _EXACT.get(kind)
    if compare is not None:
        return compare(given, came)
    if _is(given, enum.Enum):
        return given is came
    has_parts = _is(given, Mapping, list, tuple, set, frozenset, msgspec.Raw) or _fields(given)
    return bool(has_parts or given == came)


def _is_moment(given: dt.datetime, came: dt.datetime) -> bool:
    utc = given.astimezone(dt.UTC)
    kept = utc.replace(microsecond=utc.microsecond // 1000 * 1000)
    return kept == came and came.utcoffset() == dt.timedelta(0)


def _is_span(given: dt.timedelta, came: dt.timedelta) -> bool:
    # They are divided exactly, and rounded once.
    return min(given / MILLISECOND, LONGEST_MS) == came / MILLISECOND


def _is_exact_time(given: Any, came: Any) -> bool:
    # Not by `==` alone, for which it is the same if it is the same in UTC.
    there, here = given.replace(tzinfo=None), came.replace(tzinfo=None)
    return bool(there == here and given.utcoffset() == came.utcoffset())


def _is_exact_number(given: float, came: float) -> bool:
    return given == came and math.copysign(1, given) == math.copysign(1, came)


_CONVERTED: Final[dict[type, Callable[[Any, Any], bool]]] = {
    dt.datetime: _is_moment,
    dt.timedelta: _is_span,
    float: lambda given, came: _is_exact_number(given or 0.0, came),
}
_EXACT: Final[dict[type, Callable[[Any, Any], bool]]] = {
    dt.datetime: _is_exact_time,
    dt.time: _is_exact_time,
    float: _is_exact_number,
    decimal.Decimal: lambda given, came: bool(given.as_tuple() == came.as_tuple()),
}
