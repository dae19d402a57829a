"""Progress, as whoever reports it holds it.

A handler is given one; whoever calls a method of the frontend makes one. How a report gets to the
other side is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress"]

T_contra = TypeVar("T_contra", contravariant=True)


class Progress(Generic[T_contra]):
    """Where a method reports how far it is: `progress: Progress[float]`.

    Args:
        receive: Called with each report. What it returns is not looked at.
    """

    __slots__ = ("_receive",)

    def __init__(self, receive: Callable[[T_contra], object]) -> None:
        self._receive = receive

    def report(self, value: T_contra) -> None:
        """Report once more; it never waits, and a report that nobody has read may be replaced."""
        self._receive(value)
