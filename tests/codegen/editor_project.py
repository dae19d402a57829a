"""A window's project, as its template makes it, with a contract beside it; names in its files."""

from __future__ import annotations

import re
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.codegen.editors import MODULES, Span
from tests.codegen.lsp import LanguageServer
from tests.codegen.tsserver import Tsserver
from tests.pages import succeed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.codegen.editors import Editor

EDITORS: Final[dict[str, Callable[[Path], Editor]]] = {
    "5": Tsserver,
    "6": partial(Tsserver, package="ts6"),
    "7": LanguageServer,
}
"""By the version of TypeScript."""

HERE: Final = Path(__file__).parent / "editor"

TSCONFIG: Final = """\
{
  "compilerOptions": {
    "target": "ES2020",
    "useDefineForClassFields": true,
    "module": "ESNext",
    "lib": ["ES2020", "DOM", "DOM.Iterable"],
    "skipLibCheck": true,

    /* Bundler mode */
    "moduleResolution": "bundler",
    "allowImportingTsExtensions": true,
    "resolveJsonModule": true,
    "isolatedModules": true,
    "noEmit": true,

    /* Linting */
    "strict": true,
    "noUnusedLocals": true,
    "noUnusedParameters": true,
    "noFallthroughCasesInSwitch": true
  },
  "include": ["src"]
}
"""
"""That of create-tauri-app's template vanilla-ts."""


def new_project(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Make a project with files of one's own; what is read of its packages is there."""
    (folder / "node_modules").mkdir(parents=True)
    (folder / "node_modules" / "@tauri-apps").symlink_to(MODULES / "@tauri-apps")
    for name, content in {"tsconfig.json": TSCONFIG, **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def gallery(folder: Path) -> None:
    """Make the project of the gallery: `src/main.ts`, `src/rpc/`, and the contract in `python/`."""
    new_project(folder, {"src/main.ts": (HERE / "main.ts").read_bytes()})
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HERE / "gallery", folder / "python" / "gallery", ignore=ignored)
    generate(folder, "gallery.api:GalleryAPI", "--frontend", "gallery.dialogs:DialogsAPI")


def generate(
    folder: Path,
    *arguments: str,
    out: str = "../src/rpc",
    within: str = "python",
    python: str = sys.executable,
) -> None:
    """Write the client of contracts, as one does in the folder that has them."""
    command = [python, "-m", "rpc_worker", "generate", *arguments, "--out", out]
    succeed([*command, "--io", "tauri-event"], folder / within)


def find(file: Path, marked: str) -> Span:
    """Return where a name is in a file, given it between « and », with enough of what is around."""
    before, name, after = re.split("[«»]", marked)
    text = file.read_bytes().decode("utf-8-sig")
    assert text.count(before + name + after) == 1, f"{file}: {marked}"
    start = text.index(before + name + after) + len(before)
    return Span(file, position(text, start), position(text, start + len(name)))


def position(text: str, index: int) -> tuple[int, int]:
    """Return the line and the column of a character."""
    line = text[:index].rpartition("\n")[2]
    return text.count("\n", 0, index), len(line.encode("utf-16-le")) // 2
