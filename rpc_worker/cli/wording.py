"""What is said about a command line that cannot be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UsageError(Exception):
    """The command line is wrong; the message says what, where, and what to write instead."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question about the known name that is most like this one, or nothing."""
    import difflib  # noqa: PLC0415 - only on failure

    folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    return f"Did you mean {folded[close[0]]}?" if close else ""
