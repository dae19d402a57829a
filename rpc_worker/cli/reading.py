"""Which of the user's source files are read, by the interpreter, as modules."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any, Final

import rpc_worker

__all__ = ["SourcesRead"]

_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


class SourcesRead:
    """Notices each module that is imported from now on, and those that fail to be.

    What it adds to the interpreter cannot be taken away: it is for a process with this one purpose.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()
        library = sysconfig.get_paths()
        others = (rpc_worker.__path__[0], library["stdlib"], library["platstdlib"])
        self._others = [Path(folder).resolve() for folder in others]
        sys.addaudithook(self._notice)

    def files(self) -> list[Path]:
        """Return those that neither Python nor an installed package brings, without links."""
        files = {Path(name).resolve() for name in self._names}
        return sorted(file for file in files if self._is_of_user(file))

    def _is_of_user(self, file: Path) -> bool:
        return (
            _INSTALLED.isdisjoint(file.parts)
            and not any(file.is_relative_to(folder) for folder in self._others)
            and file.is_file()
        )

    def _notice(self, event: str, arguments: tuple[Any, ...]) -> None:
        # A module without bytecode is compiled, and fails there if it cannot be parsed.
        if event == "compile":
            self._add(arguments[1])
        elif event == "exec":
            self._add(getattr(arguments[0], "co_filename", None))

    def _add(self, name: object) -> None:
        if isinstance(name, str) and name.endswith(".py"):
            self._names.add(name)
