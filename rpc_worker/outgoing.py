"""What a handler returns, checked against what its method declares.

msgspec writes NaN as null, an int of any size, a datetime without its offset, and never looks at
the declared type. `outgoing` makes a check of each declared type. The check looks at the type of
the value itself, and at whatever inside of it can go wrong like that; the texts and booleans inside
of a container cannot, so a container of nothing else is not walked.

This module knows nothing of methods and messages.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from rpc_worker import schema
from rpc_worker.anything import check_any, check_raw
from rpc_worker.columns import at_once_of, can_go_wrong, class_of, complete, defaults_of, getter_of
from rpc_worker.markers import BigInt
from rpc_worker.scalars import (
    SCALARS,
    Check,
    UnencodableResult,
    check_local_datetime,
    expected,
    guarded,
    member,
)

__all__ = ["outgoing"]


def outgoing(node: schema.Type) -> Check:
    """Return the check of values that are declared as `node`.

    The check raises UnencodableResult for: a value of another type; an int outside ±(2^53-1), NaN
    and infinities, a datetime that is naive (unless it is declared so), a plain int in place of a
    BigInt, a Raw that is not one line of JSON, anywhere inside.
    """
    check = _Checks().whole(node)
    return check if isinstance(node, schema.Scalar) else guarded(check)


class _Checks:
    """Makes the checks of one declared type; each record's is made once, so types may recur."""

    def __init__(self) -> None:
        self._records: dict[int, Check] = {}

    def inside(self, node: schema.Type) -> Check | None:
        """Return the check of a part of a value; None where nothing can go wrong unseen."""
        return self.whole(node) if can_go_wrong(node) else None

    def whole(self, node: schema.Type) -> Check:
        """Return the check of a value by itself."""
        match node:
            case schema.Scalar():
                return _scalar(node)
            case schema.Choice():
                return _one_of(node, node.values, ())
            case schema.Enumeration():
                return _one_of(node, [m.value for m in node.members], (node.cls,))
            case schema.Array():
                return self._array(node)
            case schema.Tuple():
                return self._tuple(node)
            case schema.Map():
                return self._map(node)
            case schema.Record():
                return self._record(node)
            case schema.Union():
                return self._union(node)

    def _array(self, node: schema.Array) -> Check:
        check_item = self.inside(node.item)
        at_once = at_once_of(node.item)

        def check(value: Any) -> None:
            if not _is_array(value):
                raise _misfit(node, value)
            if check_item is None or (at_once is not None and at_once(value)):
                return
            for index, item in enumerate(value):
                try:
                    check_item(item)
                except UnencodableResult as error:
                    raise error.within(f"[{index}]") from None

        return check

    def _tuple(self, node: schema.Tuple) -> Check:
        checks = [self.inside(item) for item in node.items]

        def check(value: Any) -> None:
            if not _is_array(value) or len(value) != len(checks):
                raise _misfit(node, value)
            for index, (check_item, item) in enumerate(zip(checks, value, strict=True)):
                if check_item is not None:
                    try:
                        check_item(item)
                    except UnencodableResult as error:
                        raise error.within(f"[{index}]") from None

        return check

    def _map(self, node: schema.Map) -> Check:
        check_key, check_item = self.inside(node.key), self.inside(node.value)
        at_once = None if check_key else at_once_of(node.value)

        def check(value: Any) -> None:
            if not _is_object(value):
                raise _misfit(node, value)
            if check_key is None and check_item is None:
                return
            if at_once is not None and at_once(list(value.values())):
                return
            for key, item in value.items():
                try:
                    if check_key is not None:
                        check_key(key)
                    if check_item is not None:
                        check_item(item)
                except UnencodableResult as error:
                    raise error.within(member(key)) from None

        return check

    def _record(self, node: schema.Record) -> Check:
        if (made := self._records.get(id(node))) is not None:
            return made
        parts: list[_Part] = []
        check = _typed_dict(node, parts) if node.kind == "typeddict" else _instance(node, parts)
        self._records[id(node)] = check
        for field in node.fields:
            check_field = self.inside(field.type)
            if check_field is not None:
                parts.append((field, getter_of(node, field), _or_unset(check_field, field)))
        return check

    def _union(self, node: schema.Union) -> Check:
        members = [m for m in node.members if not schema.is_null(m)]
        checks: dict[type, Check] = {}
        for each in _by_class(members):
            checks |= dict.fromkeys(_classes(each), self.whole(each))
        if float in checks:
            checks.setdefault(int, checks[float])
        optional = len(members) < len(node.members)

        def check(value: object) -> None:
            if value is None and optional:
                return
            check_member = checks.get(type(value)) or next(
                (found for cls, found in checks.items() if isinstance(value, cls)), None
            )
            if check_member is None:
                raise _misfit(node, value)
            check_member(value)

        return check


def _by_class(members: Sequence[schema.Type]) -> Sequence[schema.Type]:
    """Return the members of a union, the last of which counts that has the class of a value."""
    choices = [member for member in members if isinstance(member, schema.Choice)]
    others = [member for member in members if not isinstance(member, schema.Choice)]
    if not choices:
        return others
    values = tuple(value for choice in choices for value in choice.values)
    return [schema.Choice(Any, values), *others]


# ------------------------------------------------------------------------------------ records


_Part: TypeAlias = tuple[schema.Field, Callable[[Any], Any], Check]


def _instance(node: schema.Record, parts: list[_Part]) -> Check:
    cls, defaults = class_of(node), defaults_of(node.cls)

    def check(value: Any) -> None:
        if type(value) is not cls and not isinstance(value, cls):
            raise _misfit(node, value)
        if defaults:
            complete(value, defaults)
        for field, get, check_field in parts:
            try:
                check_field(get(value))
            except UnencodableResult as error:
                raise error.within(member(field.wire)) from None

    return check


def _typed_dict(node: schema.Record, parts: list[_Part]) -> Check:
    def check(value: Any) -> None:
        if not _is_object(value):
            raise _misfit(node, value)
        for field, _, check_field in parts:
            if field.wire in value:
                try:
                    check_field(value[field.wire])
                except UnencodableResult as error:
                    raise error.within(member(field.wire)) from None

    return check


def _or_unset(check: Check, field: schema.Field) -> Check:
    if not field.unset:
        return check
    return lambda value: None if value is msgspec.UNSET else check(value)


# ---------------------------------------------------------------------------------- scalars


_SCALARS: Final = SCALARS | {"any": check_any, "raw": check_raw}


def _scalar(node: schema.Scalar) -> Check:
    if node.kind == "datetime" and node.constraints is not None and node.constraints.tz is False:
        return check_local_datetime
    return _SCALARS[node.kind]


def _one_of(node: schema.Type, values: Sequence[str | int], classes: tuple[type, ...]) -> Check:
    """Return a check for a member of an enumeration, or a value as it stands on the wire."""
    # True == 1, so the types are compared too.
    known = {(type(value), value) for value in values}

    def check(value: Any) -> None:
        if isinstance(value, classes):
            return
        if not isinstance(value, (str, int)) or (type(value), value) not in known:
            raise UnencodableResult(f"expected {schema.describe(node)}, got {value!a:.80}")

    return check


# ------------------------------------------------------------------------------------ questions


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_array(value: object) -> bool:
    if isinstance(value, (list, tuple, set, frozenset)):
        return True
    return isinstance(value, Sequence) and not isinstance(
        value, (str, bytes, bytearray, memoryview)
    )


def _classes(node: schema.Type) -> tuple[type, ...]:
    """Return the classes of the values that a member of a union has."""
    match node:
        case schema.Scalar():
            return _SCALAR_CLASSES[node.kind]
        case schema.Choice():
            return tuple({type(value) for value in node.values})
        case schema.Enumeration():
            return (node.cls, *{type(m.value) for m in node.members})
        case schema.Array() | schema.Tuple():
            return (list, tuple, set, frozenset)
        case schema.Map():
            return (dict, Mapping)
        case schema.Record():
            return (dict, Mapping) if node.kind == "typeddict" else (class_of(node),)
        case schema.Union():
            return tuple(cls for m in node.members for cls in _classes(m))


_SCALAR_CLASSES: Final[dict[str, tuple[type, ...]]] = {
    "any": (object,),
    "raw": (msgspec.Raw,),
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float,),
    "str": (str,),
    "bytes": (bytes, bytearray, memoryview),
    "bigint": (BigInt,),
    "datetime": (dt.datetime,),
    "date": (dt.date,),
    "time": (dt.time,),
    "timedelta": (dt.timedelta,),
    "uuid": (uuid.UUID,),
    "decimal": (decimal.Decimal,),
}


# ------------------------------------------------------------------------------------ failures


def _misfit(node: schema.Type, value: object) -> UnencodableResult:
    return expected(schema.describe(node), value)
