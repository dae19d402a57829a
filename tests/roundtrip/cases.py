"""The types under test, by the names that they have in the contract."""

from __future__ import annotations

import collections.abc as c
import datetime as dt
import decimal
import uuid
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from rpc_worker import BigInt
from tests.roundtrip import libraries as l
from tests.roundtrip import structs as s

NONE: Final = object()
"""For an option that has no default."""


class Case(msgspec.Struct, frozen=True, eq=False):
    """A type under test.

    Attributes:
        default: What the option of the type is when it is left out.
    """

    type: Any
    default: Any = NONE


NOON: Final = dt.datetime(2026, 2, 28, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))

CASES: Final[dict[str, Case]] = {
    # Scalars.
    "nothing": Case(None),
    "flag": Case(bool, True),
    "integer": Case(int, 2**53 - 1),
    "number": Case(float, 0.1),
    "text": Case(str, "\u2028\0\r\U0001f600"),
    "binary": Case(bytes, b"\xff\0"),
    "mutable_binary": Case(bytearray),
    "big": Case(BigInt, BigInt(-(10**30))),
    "moment": Case(dt.datetime, NOON),
    "day": Case(dt.date, dt.date(1, 1, 1)),
    "clock": Case(dt.time, dt.time(23, 59, 59, 999999)),
    "span": Case(dt.timedelta, dt.timedelta(microseconds=-1500)),
    "identity": Case(uuid.UUID),
    "price": Case(decimal.Decimal, decimal.Decimal("1.10")),
    "anything": Case(Any, {"a": [1, None]}),
    "raw": Case(msgspec.Raw),
    # Choices.
    "literals": Case(Literal["a", 1, True, "\u2029'", -7, False] | None, 1),
    "color": Case(s.Color, s.Color.ODD),
    "size": Case(s.Size, s.Size.LARGE),
    "level": Case(s.Level, s.Level.HIGH),
    "side": Case(s.Side, s.Side.LEFT),
    "mode": Case(s.Mode, s.Mode.SLOW),
    # With bounds.
    "bounded_integer": Case(Annotated[int, Meta(ge=-5, lt=5)], 0),
    "bounded_text": Case(Annotated[str, Meta(min_length=1, max_length=4)]),
    "bounded_list": Case(Annotated[list[dt.datetime], Meta(min_length=1, max_length=3)]),
    # Arrays.
    "integers": Case(list[int], [0]),
    "numbers": Case(list[float], [0.5]),
    "moments": Case(list[dt.datetime], [NOON]),
    "binaries": Case(list[bytes], [b""]),
    "bigs": Case(list[BigInt], [BigInt(1)]),
    "spans": Case(list[dt.timedelta]),
    "matrix": Case(list[list[dt.datetime | None]]),
    "sequence": Case(c.Sequence[dt.timedelta]),
    "texts": Case(set[str], {"a"}),
    "many": Case(tuple[dt.datetime, ...], (NOON,)),
    "set_of_moments": Case(set[dt.datetime], {NOON}),
    "set_of_binaries": Case(frozenset[bytes], frozenset({b"a"})),
    "set_of_bigs": Case(set[BigInt]),
    "set_of_pairs": Case(set[tuple[int, dt.date]]),
    "set_of_enums": Case(frozenset[s.Level]),
    "set_of_structs": Case(frozenset[s.Shot]),
    # Tuples.
    "no_items": Case(tuple[()], ()),
    "one_item": Case(tuple[bytes]),
    "three_items": Case(tuple[int, dt.datetime, list[bytes]], (1, NOON, [b""])),
    # Dictionaries.
    "by_text": Case(dict[str, dt.datetime], {"__proto__": NOON}),
    "by_integer": Case(dict[int, bytes]),
    "by_number": Case(dict[float, int]),
    "by_binary": Case(dict[bytes, bytes]),
    "by_big": Case(dict[BigInt, BigInt]),
    "by_moment": Case(dict[dt.datetime, dt.datetime]),
    "by_day": Case(dict[dt.date, str], {}),
    "by_clock": Case(dict[dt.time, str]),
    "by_span": Case(dict[dt.timedelta, dt.timedelta]),
    "by_identity": Case(dict[uuid.UUID, float]),
    "by_price": Case(dict[decimal.Decimal, int]),
    "by_choice": Case(dict[Literal["a", "b"], dt.datetime]),
    "by_number_of_choice": Case(dict[Literal[1, 2], bytes]),
    "by_color": Case(dict[s.Color, bytes]),
    "by_level": Case(dict[s.Level, BigInt]),
    "by_size": Case(dict[s.Size, dt.date]),
    "by_name": Case(dict[s.PhotoId, s.Photo]),
    "by_either": Case(dict[int | Literal["all"], dt.timedelta]),
    "mapping": Case(c.Mapping[str, list[BigInt]]),
    "anything_by_text": Case(dict[str, Any], {}),
    # Records.
    "photo": Case(s.Photo, s.Photo("a.jpg", NOON)),
    "plain": Case(s.Plain, s.Plain(1)),
    "renamed": Case(s.Renamed),
    "odd": Case(s.Odd),
    "row": Case(s.Row, s.Row("a", NOON)),
    "sparse": Case(s.Sparse, s.Sparse()),
    "sparse_row": Case(s.SparseRow),
    "change": Case(s.Change, s.Change()),
    "strict": Case(s.Strict),
    "nested": Case(s.Nested),
    "heir": Case(s.Heir),
    "empty": Case(s.Empty, s.Empty()),
    "job": Case(l.Job, l.Job("a", NOON)),
    "spot": Case(l.Spot),
    "camera": Case(l.Camera, l.Camera("a", NOON)),
    "movie": Case(l.Movie, {"title": "a", "released": NOON}),
    "filter": Case(l.Filter, {}),
    "point": Case(l.Point, l.Point(1, 2)),
    "entry": Case(l.Entry),
    # Unions.
    "optional_moment": Case(dt.datetime | None, None),
    "optional_binary": Case(bytes | None),
    "optional_big": Case(BigInt | None, None),
    "optional_span": Case(dt.timedelta | None),
    "forms": Case(dt.datetime | int | list[bytes] | s.Photo | None, 7),
    "other_forms": Case(bytes | bool | tuple[int, dt.datetime] | dict[str, BigInt] | None),
    "row_or_moment": Case(s.Row | dt.datetime | float),
    "list_or_text": Case(list[dt.timedelta] | str),
    "tagged": Case(s.Note | s.Clip | s.Shot, s.Note("a")),
    "tagged_by_number": Case(s.One | s.Two | s.Negative),
    "tagged_rows": Case(s.Move | s.Stamp | None),
    "rows_tagged_by_number": Case(s.Open | s.Close),
    "tagged_or_not": Case(s.Note | s.Clip | list[dt.datetime] | bytes | None),
    "many_tagged": Case(list[s.Clip | s.Shot | None]),
    # Generics and recursion.
    "page": Case(s.Page[s.Photo], s.Page([s.Photo("a", NOON)])),
    "page_of_binaries": Case(s.Page[bytes]),
    "page_of_pages": Case(s.Page[s.Page[dt.datetime]]),
    "pair": Case(s.Pair[int, dt.datetime]),
    "pair_of_pairs": Case(s.Pair[BigInt, s.Pair[bytes, str]]),
    "box": Case(l.Box[dt.timedelta]),
    "crate": Case(l.Crate[bytes]),
    "labelled": Case(l.Labelled[dt.datetime]),
    "measured": Case(l.Measured[s.Photo]),
    "tree": Case(s.Tree[dt.datetime], s.Tree(NOON)),
    "tree_of_texts": Case(s.Tree[str]),
    "folder": Case(s.Folder),
    "comment": Case(l.Comment),
    "chain": Case(s.Chain, s.Chain(b"a")),
    # Aliases.
    "photo_id": Case(s.PhotoId, s.PhotoId("a")),
    "named_moment": Case(s.Moment, s.Moment(NOON)),
    "blob": Case(s.Blob),
    "shots": Case(s.Shots, []),
    "answer": Case(s.Answer),
    # Pydantic models.
    "model": Case(l.Model, l.Model(file_name="a", taken_at=NOON)),
    "owner": Case(l.Owner, l.Owner()),
    "shelf": Case(l.Shelf[dt.datetime]),
    "models": Case(list[l.Cat]),
}
