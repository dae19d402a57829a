"""What may be sent where the contract says `Any`: whatever has a form in JSON, number by number.

The declared types of a value's parts are not known here.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from rpc_worker.columns import complete, defaults_of
from rpc_worker.errors import text_of
from rpc_worker.limits import NESTING
from rpc_worker.markers import BigInt
from rpc_worker.models import dumped, is_model
from rpc_worker.scalars import (
    SAFE,
    TOO_DEEP,
    Check,
    UnencodableResult,
    check_datetime,
    check_float,
    expected,
    guarded,
    member,
    received,
)

__all__ = ["check_any", "check_raw"]


@guarded
def check_any(value: Any) -> None:
    """Refuse a value of no declared type that must not be sent, or has no form in JSON."""
    _check_part(value, 0)


@guarded
def check_raw(value: Any) -> None:
    """Refuse what is no Raw, or is one that does not hold one line of JSON that may be sent."""
    if not isinstance(value, msgspec.Raw):
        raise expected("msgspec.Raw", value)
    _raw(value, 0)


def _check_part(value: object, depth: int) -> None:
    kind = type(value)
    if kind in _HARMLESS:
        return
    if kind is int or kind is float:
        check_float(value)
        return
    if depth >= NESTING:
        raise UnencodableResult(TOO_DEEP)
    look = _PLAIN.get(kind) or _look_for(value)
    for step, part in look(value, depth):
        # Most parts are leaves: a call for each would take twice as long.
        if type(part) is str or (type(part) is int and -SAFE <= part <= SAFE):
            continue
        try:
            _check_part(part, depth + 1)
        except UnencodableResult as error:
            raise error.within(member(step)) from None


_HARMLESS: Final = frozenset({str, bool, type(None)})


def _check_key(key: Any) -> None:
    if type(key) in _NO_KEYS:
        raise expected("a text or a number as an object's key", key)
    try:
        _check_part(key, 0)
    except UnencodableResult as error:
        raise error.within(member(key)) from None


_NO_KEYS: Final = frozenset({bool, type(None), tuple, frozenset})


_Look: TypeAlias = Callable[[Any, int], Iterable[tuple[object, Any]]]
"""Returns what is inside of a value, with the steps to it."""


def _look_for(value: object) -> _Look:
    for classes, look in _INSIDES:
        if isinstance(value, classes):
            return look
    if is_model(value):
        return _model
    for attribute in ("__dataclass_fields__", "__attrs_attrs__"):
        if hasattr(type(value), attribute):
            return _attributes
    raise UnencodableResult(
        f"{received(value)} has no form in JSON; return an rpc_worker.Struct, or convert it"
    )


def _enum(value: enum.Enum, depth: int) -> tuple[()]:
    _check_part(value.value, depth)
    return ()


def _checked(check: Check) -> Callable[[Any, int], tuple[()]]:
    def look(value: Any, _depth: int) -> tuple[()]:
        check(value)
        return ()

    return look


def _raw(value: msgspec.Raw, depth: int) -> tuple[()]:
    """Look into a Raw: msgspec would put it on the line as it is."""
    if b"\n" in bytes(value):
        raise UnencodableResult(
            "the Raw has a line break; write msgspec.Raw(msgspec.json.format(raw, indent=-1))"
        )
    try:
        content = msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise UnencodableResult(f"the Raw is not JSON: {error}") from None
    _check_part(content, depth)
    return ()


def _fields(value: msgspec.Struct, _depth: int) -> Iterator[tuple[object, Any]]:
    names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    for wire, name in names:
        part = getattr(value, name)
        if part is not msgspec.UNSET:
            yield wire, part


def _members(value: Mapping[Any, Any], _depth: int) -> Iterator[tuple[object, Any]]:
    for key, part in value.items():
        if type(key) is not str:
            _check_key(key)
        yield key, part


def _items(value: Iterable[Any], _depth: int) -> Iterator[tuple[object, Any]]:
    return enumerate(value)


def _model(value: object, depth: int) -> Iterable[tuple[object, Any]]:
    """Return the members of a Pydantic model; look at the one value of a RootModel."""
    try:
        content: Any = dumped(value)
    except ValueError as error:
        text = " ".join(text_of(error).split())
        raise UnencodableResult(f"Pydantic does not write it: {text}") from None
    if not _is_dict(content):
        _check_part(content, depth)
        return ()
    return _members(content, depth)


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


def _attributes(value: object, _depth: int) -> Iterator[tuple[object, Any]]:
    """Yield the fields of a dataclass or an attrs class."""
    kind: Any = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        complete(value, defaults_of(kind))
        names: list[str] = list(kind.__dataclass_fields__)
    else:
        names = [attribute.name for attribute in kind.__attrs_attrs__]
    for name in names:
        yield name, getattr(value, name, None)


_TEXTS: Final = (
    str, bytes, bytearray, memoryview, dt.date, dt.time, dt.timedelta, uuid.UUID, decimal.Decimal,
    BigInt,
)  # fmt: skip

_INSIDES: Final[tuple[tuple[Any, _Look], ...]] = (
    (enum.Enum, _enum),
    (dt.datetime, _checked(check_datetime)),
    (_TEXTS, lambda _value, _depth: ()),
    (msgspec.Raw, _raw),
    ((int, float), _checked(check_float)),
    (msgspec.Struct, _fields),
    (Mapping, _members),
    ((list, tuple, set, frozenset, Sequence), _items),
)
"""What msgspec can write, and how to look into it. The first that fits counts: an enum's member can
be an int too, a datetime is a date, a text a sequence."""

_PLAIN: Final[dict[type, _Look]] = {dict: _members, list: _items}
