"""Hypothesis's strategies for the values of a type, as the contract has read it."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
from hypothesis import strategies as st
from msgspec import UNSET

from rpc_worker import BigInt
from rpc_worker.columns import class_of
from rpc_worker.schema import Array, Choice, Constraints, Enumeration, Map, Record, Scalar, Tuple
from rpc_worker.schema import Union as UnionNode

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from rpc_worker.schema import Field, Type

SAFE: Final = 2**53 - 1
DIGITS: Final = 4300
"""So many digits Python makes an int of, and a text of one."""


class Strategies:
    """Makes strategies; each record's is made once, since it may hold itself."""

    def __init__(self) -> None:
        self._records: dict[int, SearchStrategy[Any]] = {}

    def of(self, node: Type, *, inside: bool = False) -> SearchStrategy[Any]:
        """Return a strategy for a type.

        Args:
            node: The type.
            inside: Whether the values are parts of others, of which there may be many.
        """
        match node:
            case Scalar():
                return _scalar(node, inside=inside)
            case Choice(values=choices):
                return st.sampled_from(choices)
            case Enumeration(cls=cls):
                return st.sampled_from(cls)
            case Array():
                return self._array(node)
            case Tuple(items=items):
                return st.tuples(*(self.of(item, inside=True) for item in items))
            case Map(key=key, value=value):
                keys, values = self.of(key, inside=True), self.of(value, inside=True)
                return st.dictionaries(keys, values, max_size=4)
            case UnionNode(members=members):
                return st.one_of([self.of(member, inside=inside) for member in members])
            case Record():
                if id(node) not in self._records:
                    self._records[id(node)] = st.deferred(lambda: self._record(node))
                    self._records[id(node)] = self._record(node)
                return self._records[id(node)]

    def _array(self, node: Array) -> SearchStrategy[Any]:
        item, limits = self.of(node.item, inside=True), node.constraints or Constraints()
        lists = st.lists(item, min_size=limits.min_length or 0, max_size=limits.max_length or 4)
        if isinstance(node.item, Record):
            # With one on average, those that hold each other would have no end.
            lists = st.just([]) | st.lists(item, max_size=2)
        return lists.map(_KINDS[node.kind]) if node.kind in _KINDS else lists

    def _record(self, node: Record) -> SearchStrategy[Any]:
        fields = {field.name: self._field(field) for field in node.fields}
        if node.kind == "typeddict":
            optional = {f.name: fields.pop(f.name) for f in node.fields if not f.required}
            return st.fixed_dictionaries(fields, optional=optional)
        if node.kind == "pydantic":
            fields = {field.wire: fields[field.name] for field in node.fields}
        return st.builds(class_of(node), **fields)

    def _field(self, field: Field) -> SearchStrategy[Any]:
        value = self.of(field.type, inside=True)
        if field.unset:
            return st.just(UNSET) | value
        return value if field.default is UNSET else st.just(field.default) | value


_KINDS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "set": set,
    "frozenset": frozenset,
    "tuple": tuple,
}


def _scalar(node: Scalar, *, inside: bool) -> SearchStrategy[Any]:
    limits = node.constraints or Constraints()
    if node.kind == "int":
        low = -SAFE if limits.ge is None else int(limits.ge)
        return st.integers(low, SAFE if limits.lt is None else int(limits.lt) - 1)
    if node.kind == "str":
        return _texts(limits.min_length or 0, limits.max_length)
    if node.kind == "bytes":
        values = st.binary(max_size=40) if inside else st.binary(max_size=400) | _long_binaries()
        return values.map(bytearray) if node.annotation is bytearray else values
    if node.kind == "decimal":
        return _prices(inside=inside)
    return _SCALARS[node.kind]


# ------------------------------------------------------------------------------------- texts


_ODD: Final = "\0\r\n\t\"'\\/\x7f\x80\u2028\u2029\ufeff\ufffd\uffff\ud7ff\ue000\U00010000\U0010ffff"
_WORDS: Final = (
    "__proto__", "constructor", "toJSON", "then", "length", "\\ud800", "\\u0000", "\r\n", "e\u0301",
    "0", "-1", "01", "1e3", "null", "\U0001f469\u200d\U0001f680", "2026-02-30", "P1D", "4294967295",
)  # fmt: skip
"""What has another meaning somewhere on the way."""


def _texts(least: int, most: int | None) -> SearchStrategy[str]:
    letters = st.characters(exclude_categories=["Cs"]) | st.sampled_from(_ODD)
    texts = st.text(letters, min_size=least, max_size=most)
    words = [w for w in _WORDS if len(w) >= least and (most is None or len(w) <= most)]
    return texts | st.sampled_from(words)


def _long_binaries() -> SearchStrategy[bytes]:
    """Return 64 KiB, more or less: where what is written in pieces is joined."""
    sizes = st.sampled_from([8189, 8190, 8191, 24_575, 24_576, 24_577, 65_535, 65_536, 65_537])
    return st.builds(_pattern, sizes, st.integers(0, 255))


def _pattern(size: int, step: int) -> bytes:
    return bytes(index * step & 255 for index in range(size))


# ----------------------------------------------------------------------------------- numbers


def _floats() -> SearchStrategy[float]:
    odd = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e308, -1.7976931348623157e308]
    edges = [1e21, 1e20, 123456789012345680000.0, 1e-6, 1e-7, 0.1, float(2**53), 1 / 3, 1e22, 1e23]
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return floats | st.sampled_from([*odd, *edges])


def _bigs() -> SearchStrategy[BigInt]:
    long = st.builds(_of_digits, st.integers(16, DIGITS), st.integers(0, 2**64), st.booleans())
    return (st.integers() | long).map(BigInt)


def _of_digits(digits: int, less: int, negative: bool) -> int:
    value: int = 10**digits - 1 - less
    return -value if negative else value


# ------------------------------------------------------------------------------------- dates


def _zones() -> SearchStrategy[dt.tzinfo]:
    """Return zones by their offset, and by their name with all that they have been through."""
    minutes = st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
    return st.just(dt.UTC) | minutes | st.timezones()


def _moments() -> SearchStrategy[dt.datetime]:
    """Return moments of the years 1 to 9999, as UTC counts them, in any zone."""
    first, last = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
    edges = [first, last, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)]
    moments = st.datetimes(timezones=st.just(dt.UTC)) | st.sampled_from(edges)
    return st.builds(_in_zone, moments, _zones())


def _in_zone(utc: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    try:
        local = utc.astimezone(zone)
    except OverflowError:
        return utc  # It is in another year there, which there is not.
    offset = local.utcoffset()
    # What is written of an offset is whole minutes.
    return utc if offset is None or offset % dt.timedelta(minutes=1) else local


def _clocks() -> SearchStrategy[dt.time]:
    minutes = st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
    return st.times(timezones=st.none() | minutes)


def _spans() -> SearchStrategy[dt.timedelta]:
    short = st.integers(-(10**7), 10**7).map(lambda us: dt.timedelta(microseconds=us))
    edges = [dt.timedelta.min, dt.timedelta.max, dt.timedelta(days=-1), dt.timedelta(0, 59, 999500)]
    return short | st.timedeltas() | st.sampled_from(edges)


# ------------------------------------------------------------------------------------ the rest


def _prices(*, inside: bool) -> SearchStrategy[decimal.Decimal]:
    decimals = st.decimals(allow_nan=False, allow_infinity=not inside)
    if inside:
        # As a key, -0 is read as the integer.
        return decimals.filter(lambda value: bool(value) or not value.is_signed())
    odd = ["-0", "1.10", "1E+400", "1E-400", "0E-7"]
    return decimals | st.sampled_from(odd).map(decimal.Decimal)


def _anything() -> SearchStrategy[Any]:
    """Return what JSON has, and JavaScript keeps: of 1.0 it makes 1."""
    floats = st.floats(allow_nan=False, allow_infinity=False)
    numbers = floats.filter(lambda value: not value.is_integer())
    leaves = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | numbers | _texts(0, None)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts(0, None), inner),
        max_leaves=8,
    )


def _raws() -> SearchStrategy[msgspec.Raw]:
    return _anything().map(lambda value: msgspec.Raw(msgspec.json.encode(value)))


_SCALARS: Final[dict[str, SearchStrategy[Any]]] = {
    "any": _anything(),
    "raw": _raws(),
    "null": st.none(),
    "bool": st.booleans(),
    "float": _floats(),
    "bigint": _bigs(),
    "datetime": _moments(),
    "date": st.dates(),
    "time": _clocks(),
    "timedelta": _spans(),
    "uuid": st.uuids(),
}
