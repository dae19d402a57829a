"""The garbage collector, at rest while what stays is made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["at_rest"]


@contextmanager
def at_rest() -> Generator[None]:
    """Have the collector rest: what an import or a start makes stays, and to look at it takes time.

    Where it rests already, it goes on resting.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                # Which moves what there is from the youngest generation to the oldest.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
