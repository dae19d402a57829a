"""What can be told of a line that no decoder takes: its id, and whether it nests too deeply.

Imported when the first such line comes. Everything here is a regular expression or a method of
bytes, linear in the length of what it looks at.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["nests_too_deeply", "salvage_id"]

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_ALL_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")


def nests_too_deeply(text: bytes, limit: int) -> bool:
    """Tell whether arrays and objects nest more than `limit` levels deep.

    Each pass over what is left of the brackets removes the innermost level, in C. The grammar, and
    so which bracket closes which, is not looked at here.
    """
    brackets = _STRING.sub(b"", text).translate(_ALL_SQUARE, _NOT_BRACKETS)
    for _ in range(limit):
        shorter = brackets.replace(b"[]", b"")
        if len(shorter) == len(brackets):
            # Nothing closes what is open.
            return len(brackets) - len(brackets.lstrip(b"[")) > limit
        brackets = shorter
    return bool(brackets)


_MEMBER: Final = re.compile(
    rb'\s*+"((?:[^"\\]|\\.)*+)"\s*+:\s*+'
    rb'("(?:[^"\\\x00-\x1f]|\\.)*+"|-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+'
    rb"|null|true|false)\s*+([,}])"
)
_ANSWERING: Final = re.compile(rb'\s*+"(?:result|error)"')


def salvage_id(head: bytes) -> bytes | None:
    """Return what stands as the id among the first members of a request, or None.

    Nothing is taken from what looks like an answer: answers are never answered.
    """
    start = head.find(b"{")
    if head[:start].strip():
        return None
    position = start + 1
    while (member := _MEMBER.match(head, position)) is not None:
        if member[1] == b"id":
            answers = member[3] == b"," and _ANSWERING.match(head, member.end())
            return None if answers else member[2]
        if member[1] in (b"result", b"error"):
            return None
        position = member.end()
    return None
