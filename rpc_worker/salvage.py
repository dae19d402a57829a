"""What can be told of a line that no decoder takes: whose it is, and whether it nests too deeply.

Imported when the first such line comes. Everything here takes time that is linear in the length of
what it looks at.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_foreign", "members", "nests_too_deeply", "salvage"]

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""A string, also one that nothing ends: else each quote in it would be looked at to the end."""

_ALL_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS: Final = {ord("["): 1, ord("]"): -1}

_SHALLOW: Final = 8
"""Levels that are removed in C before the rest is counted in Python: as many as most data has."""


def nests_too_deeply(text: bytes, limit: int) -> bool:
    """Tell whether arrays and objects nest more than `limit` levels deep.

    The grammar, and so which bracket closes which, is not looked at here.
    """
    brackets = _STRING.sub(b"", text).translate(_ALL_SQUARE, _NOT_BRACKETS)
    removed = 0
    while removed < _SHALLOW and b"[]" in brackets:
        brackets = brackets.replace(b"[]", b"")
        removed += 1
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > limit - removed


_KEY: Final = re.compile(rb'\s*+"((?:[^"\\]|\\.)*+)"\s*+:\s*+')
_SCALAR: Final = re.compile(
    rb'("(?:[^"\\\x00-\x1f]|\\.)*+"|-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+'
    rb"|null|true|false)\s*+[,}]"
)


def members(head: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the first members of an object with what stands as their values, as far as it goes.

    The last one's value is None if it is no scalar, or is cut off.
    """
    start = head.find(b"{")
    if head[:start].strip():
        return
    position = start + 1
    while (key := _KEY.match(head, position)) is not None:
        value = _SCALAR.match(head, key.end())
        yield key[1], value and value[1]
        if value is None:
            return
        position = value.end()


def salvage(head: bytes) -> tuple[bytes | None, bool]:
    """Return what stands as the id among the first members, if any, and whether this is an answer.

    An answer is what has a result or an error, and no method before that.
    """
    identity: bytes | None = None
    is_request = False
    for key, value in members(head):
        if key in (b"result", b"error") and not is_request:
            return identity, True
        is_request = is_request or key == b"method"
        if key == b"id" and value is not None:
            identity = value
    return identity, False


def is_foreign(head: bytes) -> bool:
    """Tell whether the beginning of a line is another dialect's: it shows what only theirs have."""
    found = {key for key, _ in members(head)}
    return b"jsonrpc" not in found and not found.isdisjoint(_FOREIGN)


_FOREIGN: Final = frozenset({b"t", b"type", b"json", b"args"})
