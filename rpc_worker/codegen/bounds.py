"""What TypeScript's type does not say of a value, in words for a comment.

That is its unit or its form, where it is a number or a string that means something else in Python;
what `msgspec.Meta` demands of it; and examples.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.canonical import canonical
from rpc_worker.codegen.docs import code
from rpc_worker.markers import BigInt
from rpc_worker.schema import Array, Map, Progress, Scalar, Stream, Tuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.schema import Constraints, Reference, Type

_UNITS: Final = {"str": "character", "bytes": "byte"}
_FORMS: Final = {
    "date": "A date: `2026-01-31`.",
    "time": "A time of day: `13:45:00`.",
    "timedelta": "In milliseconds.",
    "uuid": "A UUID.",
    "decimal": "A decimal number: `0.10`.",
}


def bounds(node: Type | Reference) -> list[str]:
    """Return sentences on a value, and on its items."""
    match node:
        case Scalar(kind=kind):
            found = [_FORMS[kind]] if kind in _FORMS else []
            return found + _demanded(node)
        case Array(item=item):
            return _demanded(node) + _of("Each", item)
        case Stream(item=item):
            return _of("Each", item)
        case Progress(value=value):
            return bounds(value)
        case Tuple(items=items):
            parts = (_of(f"Item {number}", item) for number, item in enumerate(items, 1))
            return [sentence for part in parts for sentence in part]
        case Map():
            return _demanded(node)
        case Union(members=[member, Scalar(kind="null")]):
            return bounds(member)
        case _:
            return []


def _of(what: str, node: Type) -> list[str]:
    """Return what is said of a part, as one sentence that begins with what it is."""
    inner = " ".join(bounds(node)).removeprefix("Each: ")
    return [f"{what}: {inner[:1].lower()}{inner[1:]}"] if inner else []


def examples(values: Sequence[Any], names: TypeNames) -> list[str]:
    """Return a sentence that shows examples."""
    found = [text for value in values if (text := as_code(value, names))]
    return [f"Example{'s' * (len(found) > 1)}: {', '.join(found)}."] if found else []


def as_code(value: Any, names: TypeNames) -> str:
    """Return a value as one writes it in TypeScript, between backticks; nothing for bytes."""
    match value:
        case enum.Enum() if type(value) in names.types:
            return code(f"{names.types[type(value)]}.{value.name}")
        case BigInt():
            return code(f"{int(value)}n")
        case dt.timedelta():
            return code(_number(value / dt.timedelta(milliseconds=1)))
        case dt.datetime():
            return code(f"new Date({_encode(value)})")
        case bytes() | bytearray() | memoryview():
            return ""
        case _:
            return code(_encode(value))


def _encode(value: Any) -> str:
    return msgspec.json.encode(canonical(value)).decode()


def _demanded(node: Scalar | Array | Map) -> list[str]:
    return [] if node.constraints is None else list(_sentences(node, node.constraints))


def _sentences(node: Scalar | Array | Map, demanded: Constraints) -> Iterator[str]:
    low = _bound("greater than", demanded.gt) or _bound("at least", demanded.ge)
    high = _bound("less than", demanded.lt) or _bound("at most", demanded.le)
    if demanded.ge is not None and demanded.le is not None:
        yield f"From {_number(demanded.ge)} to {_number(demanded.le)}."
    elif low or high:
        yield _sentence(" and ".join(filter(None, (low, high))))
    if demanded.multiple_of is not None:
        yield f"A multiple of {_number(demanded.multiple_of)}."
    unit = "entry" if isinstance(node, Map) else "item"
    yield from _length(demanded, _UNITS.get(node.kind, unit) if isinstance(node, Scalar) else unit)
    if demanded.pattern is not None:
        yield f"Matches {code(demanded.pattern)}."


def _bound(words: str, value: float | None) -> str:
    return "" if value is None else f"{words} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _length(demanded: Constraints, unit: str) -> Iterator[str]:
    least, most = demanded.min_length, demanded.max_length
    if least is not None and least == most:
        yield f"Exactly {_counted(least, unit)}."
    elif least is not None and most is not None:
        yield f"{least} to {_counted(most, unit)}."
    elif least is not None:
        yield f"At least {_counted(least, unit)}."
    elif most is not None:
        yield f"At most {_counted(most, unit)}."


def _counted(number: int, unit: str) -> str:
    if number == 1:
        return f"1 {unit}"
    return f"{number} {unit[:-1]}ies" if unit.endswith("y") else f"{number} {unit}s"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
