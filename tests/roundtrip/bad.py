"""Values of the page's that must not be sent, each as TypeScript."""

from __future__ import annotations

from typing import Final

import msgspec


class Bad(msgspec.Struct, frozen=True, eq=False):
    """A value, where a type is declared that it is not of, or that JSON would change.

    Attributes:
        case: Whose type it is.
        value: Itself, in TypeScript.
        reason: What a message says of it.
    """

    case: str
    value: str
    reason: str


_A_DATE: Final = "expected a Date"
_YEARS: Final = "expected a Date of the years 1 to 9999"
_LIST: Final = "JSON cannot hold undefined in a list: give null"
_LONE: Final = "JSON cannot hold a lone surrogate"
_PHOTO: Final = '{ fileName: "a", takenAt: new Date(NaN) }'

BAD: Final[dict[str, Bad]] = {
    "a lone surrogate": Bad("text", '"a\\ud800"', _LONE),
    "the other half": Bad("text", '"\\udc00"', _LONE),
    "one in a list": Bad("texts", '["a", "\\ud83d\\ud83d\\ude00"]', _LONE),
    "one in a key": Bad("anything_by_text", '{ "\\udfff": 1 }', _LONE),
    "one beside a Date": Bad("movie", '{ title: "\\ud800", released: new Date(0) }', _LONE),
    "NaN": Bad("number", "NaN", "JSON cannot hold NaN"),
    "infinity": Bad("number", "Infinity", "JSON cannot hold Infinity"),
    "its opposite": Bad("number", "-Infinity", "JSON cannot hold -Infinity"),
    "NaN in a list": Bad("numbers", "[1, NaN]", "JSON cannot hold NaN"),
    "NaN in an object": Bad("anything", "{ a: [NaN] }", "JSON cannot hold NaN"),
    "a NaN of milliseconds": Bad("span", "NaN", "expected milliseconds"),
    "endless milliseconds": Bad("span", "-Infinity", "expected milliseconds"),
    "too many milliseconds": Bad("span", "8.64e16", "expected milliseconds"),
    "no Date": Bad("moment", "new Date(NaN)", _A_DATE),
    "no Date in a list": Bad("moments", "[new Date(0), new Date(NaN)]", _A_DATE),
    "no Date in a dict": Bad("by_text", "{ a: new Date(NaN) }", _A_DATE),
    "no Date in a record": Bad("shots", f"[{_PHOTO}]", _A_DATE),
    "no Date of no type": Bad("anything", "[new Date(NaN)]", "JSON cannot hold NaN"),
    "the year 10000": Bad("moment", "new Date(253402300800000)", _YEARS),
    "the year 0": Bad("moment", "new Date(-62135596800001)", _YEARS),
    "the last of all years": Bad("optional_moment", "new Date(8.64e15)", _YEARS),
    "a text for a Date": Bad("moment", '"2026-01-01T00:00:00Z"', _A_DATE),
    "a number for a Date": Bad("moments", "[0]", _A_DATE),
    "a function": Bad("anything", "() => 1", "JSON cannot hold a function"),
    "a function in a record": Bad(
        "anything", "{ a: { b: () => 1 } }", "JSON cannot hold a function"
    ),
    "a symbol": Bad("anything", 'Symbol("a")', "JSON cannot hold a symbol"),
    "undefined in a list": Bad("integers", "[1, undefined]", _LIST),
    "a hole in a list": Bad("anything", "[, 1]", _LIST),
    "undefined among bytes": Bad("binaries", "[undefined]", _LIST),
    "a Map": Bad("anything", "new Map([[1, 2]])", "JSON cannot hold the contents of Map"),
    "a Map for a dict": Bad("by_text", "new Map()", "expected an object"),
    "a Map for a plain dict": Bad("by_day", "new Map()", "JSON cannot hold the contents of Map"),
    "a Set": Bad("texts", 'new Set(["a"])', "JSON cannot hold the contents of Set"),
    "a Set of Dates": Bad("set_of_moments", "new Set()", "expected an array"),
    "a promise": Bad("anything", "{ a: Promise.resolve(1) }", "the contents of Promise"),
    "a bigint of no type": Bad("anything", "[1n]", "BigInt"),
    "a bigint for a number": Bad("integer", "1n", "BigInt"),
    "a number for a bigint": Bad("big", "1", "expected a bigint"),
    "a text for a bigint": Bad("bigs", '["1"]', "expected a bigint"),
    "a text for bytes": Bad("binary", '"AAAA"', "expected a Uint8Array"),
    "a list for bytes": Bad("binary", "[1, 2]", "expected a Uint8Array"),
    "numbers of two bytes": Bad("binaries", "[new Uint16Array(1)]", "expected a Uint8Array"),
    "bytes of no type": Bad("anything", "{ a: new Uint8Array(1) }", "the contents of Uint8Array"),
    "what holds itself": Bad("anything", "circle()", "circular"),
    "what is too deep": Bad("anything", "deep(600)", "more than 498 levels"),
}
