"""What is generated, compiled by `tsc` alone and run by Node, as the page of the client says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.codegen.golden import ADAPTER
from tests.pages import blocks, read, run, succeed, write_files

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.once, pytest.mark.process]

PAGE: Final = "docs/client.md"

OPTIONS: Final = {
    "module": "nodenext",
    "target": "es2022",
    "strict": True,
    "declaration": True,
    "rootDir": ".",
    "outDir": "dist",
    "types": ["node"],
}


def scripts() -> dict[str, str]:
    """Return those of the page's package.json."""
    (block,) = (b for b in blocks(read(PAGE)) if b.title == "package.json")
    manifest: dict[str, dict[str, str]] = json.loads(f"{{{block.text}}}")
    return manifest["scripts"]


def output() -> str:
    """Return what the page's script prints."""
    (shown,) = (b.text for b in blocks(read(PAGE)) if b.language == "console")
    return "".join(f"{line}\n" for line in shown.splitlines() if not line.startswith("$ "))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_files(read(PAGE), tmp_path)
    (tmp_path / "node_modules").symlink_to(ADAPTER / "node_modules")
    succeed("rpc-worker generate backend:Backend --out rpc --io node", tmp_path)
    write(tmp_path / "package.json", {"type": "module", "scripts": scripts()})
    write(tmp_path / "tsconfig.json", {"compilerOptions": OPTIONS, "include": ["main.ts", "rpc"]})
    return tmp_path


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), "utf-8")


def scripts_in(folder: Path, endings: Sequence[str]) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder).as_posix() for p in files if p.name.endswith(tuple(endings))}


def test_the_script_of_the_page_runs(project: Path) -> None:
    succeed(["npm", "run", "build"], project)
    assert succeed(["node", "dist/main.js"], project) == output()
    # Each module once, and none of TypeScript but the declarations that the compiler has written.
    built = scripts_in(project / "dist", [".js"])
    sources = scripts_in(project / "rpc", [".ts", ".js"]) - scripts_in(project / "rpc", [".d.ts"])
    assert built == {
        "main.js",
        "worker.js",
        *(f"rpc/{Path(s).with_suffix('.js')}" for s in sources),
    }
    declared = scripts_in(project / "dist", [".d.ts"])
    assert scripts_in(project / "dist", [".ts"]) == declared


def test_without_the_copy_there_is_no_class_of_an_error(project: Path) -> None:
    """As long as that is so, the page has to speak of it."""
    succeed(["npm", "run", "build", "--ignore-scripts"], project)
    done = run(["node", "dist/main.js"], project)
    assert done.code == 1
    assert "Cannot find module" in done.stderr
    assert "backend.types.js" in done.stderr


@pytest.mark.parametrize("compiler", ["ts6", "ts7"])
def test_other_compilers_build_it_too(project: Path, compiler: str) -> None:
    succeed(["node", f"node_modules/{compiler}/bin/tsc"], project)
    succeed(["npm", "run", "postbuild"], project)
    assert succeed(["node", "dist/main.js"], project) == output()
