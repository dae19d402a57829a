"""Which one of the exclusive calls may run, and who waits for it to end.

One runs at a time; one that waits for its peer lets another one run meanwhile, and needs nobody's
leave to go on.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rpc_worker.calls import Call

__all__ = ["Exclusion"]


class Exclusion:
    """The exclusive calls of one worker.

    Attributes:
        waiting: Those that wait to be alone, in order. Not a deque: any of them may be cancelled.
    """

    def __init__(self) -> None:
        self.waiting: OrderedDict[Call, None] = OrderedDict()
        self._running: set[Call] = set()
        self._paused: set[Call] = set()
        self._next: Call | None = None

    def enter(self, call: Call) -> bool:
        """Return whether a call may run now; else it waits."""
        admitted = self._next is call
        if admitted:
            self._next = None
        if self._next is not None or self._is_taken():
            self.waiting[call] = None
            if admitted:
                # One that had let it in has gone on meanwhile: it stays the first that waits.
                self.waiting.move_to_end(call, last=False)
            return False
        self._running.add(call)
        return True

    def pause(self, call: Call) -> None:
        """Let another one run while a call waits for its peer."""
        if call in self._running:
            self._paused.add(call)

    def go_on(self, call: Call) -> None:
        """Count a call again that has waited for its peer."""
        self._paused.discard(call)

    def leave(self, call: Call) -> None:
        """Take note that a call has ended, or will not begin. It may have been noted before."""
        self._running.discard(call)
        self._paused.discard(call)
        if self._next is call:
            self._next = None

    def drop(self, call: Call) -> bool:
        """Return whether a call was waiting, and does so no more."""
        if call not in self.waiting:
            return False
        del self.waiting[call]
        return True

    def admit(self) -> Call | None:
        """Return the first one that waits, if nothing is in its way; it must enter or leave."""
        if not self.waiting or self._next is not None or self._is_taken():
            return None
        self._next = self.waiting.popitem(last=False)[0]
        return self._next

    def _is_taken(self) -> bool:
        return len(self._running) > len(self._paused)
