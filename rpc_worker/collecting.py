"""The garbage collector, at rest while what stays is made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["at_rest"]


_FROZEN: Final = 1_000
"""Fewer objects than this has Python 3.12 itself frozen; whoever freezes a program has more."""


@contextmanager
def at_rest() -> Generator[None]:
    """Have the collector rest: what an import or a start makes stays, and to look at it takes time.

    Where it rests already, it goes on resting.
    """
    enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if frozen < _FROZEN:
                # Which moves what there is from the youngest generation to the oldest.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
