"""What is found where two documents differ, and what that means for whom."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = ["Finding", "Flow", "Place", "opposite"]

Flow: TypeAlias = Literal["in", "out"]
"""Where a value goes: from an old page into the new worker, or out of that to the page."""


def opposite(flow: Flow) -> Flow:
    """Return where that goes which a function is given that itself goes this way."""
    return "out" if flow == "in" else "in"


class Finding(msgspec.Struct, frozen=True):
    """One difference.

    Attributes:
        text: What is different.
        giving: What becomes of who gives a value as before, if that does not fit any more; it
            follows upon "clients" or "pages".
        taking: What becomes of who takes values as before, if others can come now; as `giving`.
    """

    text: str
    giving: str = ""
    taking: str = ""

    def consequence(self, flow: Flow) -> str:
        """Return what it means where values go this way; nothing if it breaks nobody."""
        return self.giving if flow == "in" else self.taking


class Place(msgspec.Struct, frozen=True):
    """Where in a method something is.

    Attributes:
        root: The whole of it: `the result`, `the parameter limit`.
        path: What leads from there into it: `.files`, `[]` for an item, `[0]` for the first one,
            `.*` for a value of an object and `keys` for a key of one.
    """

    root: str
    path: tuple[str, ...] = ()

    def at(self, step: str) -> Place:
        """Return the place one step further in."""
        return Place(self.root, (*self.path, step))

    def __str__(self) -> str:
        """Return it in words: `a value of the field a[].b of an item of the result`."""
        if not self.path:
            return self.root
        *outer, last = self.path
        around = Place(self.root, tuple(outer))
        if last == "[]":
            return f"an item of {around}"
        if last == ".*":
            return f"a value of {around}"
        if last == "keys":
            return f"a key of {around}"
        if last.startswith("["):
            return f"item {int(last[1:-1]) + 1} of {around}"
        first = next(i for i, step in enumerate(self.path) if step[0] == "." and step != ".*")
        around = Place(self.root, self.path[:first])
        return f"the field {''.join(self.path[first:]).removeprefix('.')} of {around}"
