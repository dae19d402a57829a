"""A class without a Protocol is its own contract: `def` runs in a thread, where things block."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from rpc_worker import Event, Progress, Struct, inline


class Found(Struct):
    path: str
    size: int = 0


class Index:
    """Which words are where."""

    changed: Event[Found]

    def __init__(self, root: Path) -> None:
        self._root = root
        self.cache: dict[str, int] = {}

    def search(self, word: str, *, limit: int = 10) -> Iterator[Found]:
        """Give file after file."""
        for path in sorted(self._root.rglob("*"))[:limit]:
            if word in path.name:
                yield Found(str(path))

    def update(self, paths: Iterator[str], progress: Progress[float]) -> int:
        """Look again."""
        for path in paths:
            self.cache[path] = 0
            progress.report(len(self.cache))
        return len(self.cache)

    def clean(self, ask: Callable[[Found], bool]) -> list[str]:
        return [path for path in self.cache if ask(Found(path))]

    @inline
    def size(self) -> int:
        return len(self.cache)

    async def forget(self) -> None:
        self.cache.clear()

    def _private(self) -> None:
        """Stays in Python."""

    @property
    def also_private(self) -> int:
        return 1


CONTRACTS = ("Index",)
