"""What the frontend offers the worker."""

from collections.abc import AsyncIterator
from typing import Protocol


class FrontendAPI(Protocol):
    """What a window offers the worker."""

    async def confirm(self, question: str) -> bool:
        """Ask the user, and return whether they agree."""
        ...

    def pick(self, title: str, *, multiple: bool = True) -> AsyncIterator[str]:
        """Let the user choose files; each path comes as soon as it is chosen.

        Args:
            title: What they are chosen for.
            multiple: Whether there can be more than one.
        """
        ...
