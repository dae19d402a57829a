"""What a generated file imports, by the names that it has there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen.syntax import free_name, listed, pascal

if TYPE_CHECKING:
    from collections.abc import Collection

_RUNTIME: Final = "./runtime/index.js"


class _Imported(msgspec.Struct, frozen=True):
    name: str
    local: str
    is_type: bool


class Imports:
    """The imports of one file: only what is asked for, each once.

    What a contract calls its types is the user's affair, so where a name of the runtime's is taken,
    the runtime's gives way: `import type { Stream as RuntimeStream }`.
    """

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = taken
        self._modules: dict[str, dict[str, _Imported]] = {}

    def own_type(self, name: str, path: str) -> str:
        """Import a type that was generated too, which is no other's name; return the name."""
        return self._add(path, _Imported(name, name, is_type=True))

    def own_value(self, name: str, path: str) -> str:
        """Import a class that was generated too, which is no other's name; return the name."""
        return self._add(path, _Imported(name, name, is_type=False))

    def type(self, name: str) -> str:
        """Import a type of the runtime's; return what it is called in this file."""
        local = name if name not in self._taken else self._free(f"Runtime{name}")
        return self._add(_RUNTIME, _Imported(name, local, is_type=True))

    def value(self, name: str) -> str:
        """Import a function or a constant of the runtime's; return what it is called here."""
        local = name if name not in self._taken else self._free(f"runtime{pascal(name)}")
        return self._add(_RUNTIME, _Imported(name, local, is_type=False))

    def statements(self) -> str:
        """Return the import declarations, sorted, with line ends."""
        lines: list[str] = []
        for path, imported in sorted(self._modules.items()):
            only_types = all(i.is_type for i in imported.values())
            # A module of which only types are imported is not loaded at all.
            opening = "import type { " if only_types else "import { "
            items = [
                _item(i, only_types=only_types)
                for i in sorted(imported.values(), key=lambda i: (i.name.casefold(), i.name))
            ]
            closing = f' }} from "{path}";'
            if len(items) == 1:
                lines.append(f"{opening}{items[0]}{closing}\n")
            else:
                lines.append(listed(opening, items, closing, indent="", used=0) + "\n")
        return "".join(lines)

    def _add(self, path: str, imported: _Imported) -> str:
        return self._modules.setdefault(path, {}).setdefault(imported.name, imported).local

    def _free(self, name: str) -> str:
        return free_name(name, self._taken)


def _item(imported: _Imported, *, only_types: bool) -> str:
    text = imported.name
    if imported.local != imported.name:
        text += f" as {imported.local}"
    return text if only_types or not imported.is_type else f"type {text}"
