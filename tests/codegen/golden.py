"""The golden cases: each contract in `cases/`, and what it becomes.

A case is a folder with a module of the same name and the files that it becomes in `expected/`. The
module has one contract, called like the case, or says which in `CONTRACTS`, and in `FRONTEND` which
contract the page offers. Its `check.ts` holds type tests.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rpc_worker.codegen.plan import Frontend, plan
from rpc_worker.codegen.runtime import sources, transports
from rpc_worker.contract import Contract, read_contract

if TYPE_CHECKING:
    from types import ModuleType

    from rpc_worker.codegen.plan import Plan

CASES: Final = Path(__file__).parent / "cases"
NAMES: Final = sorted(path.parent.name for path in CASES.glob("*/check.ts"))
ADAPTER: Final = Path(__file__).parents[2] / "frontend-adapter"


def module_of(case: str) -> ModuleType:
    return load(case, CASES / case / f"{case}.py")


def load(name: str, path: Path) -> ModuleType:
    """Import a file under a name: types are looked up in `sys.modules`."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def ends_of(module: ModuleType) -> tuple[dict[str, Contract], Frontend | None]:
    """Return the contracts of a module by what they are called on the command line."""
    case = module.__name__
    default = f"{case.title().replace('_', '')}API"
    contracts = {
        f"{case}:{name}": read_contract(getattr(module, name), sources=True)
        for name in getattr(module, "CONTRACTS", (default,))
    }
    name = getattr(module, "FRONTEND", None)
    if name is None:
        return contracts, None
    contract = read_contract(getattr(module, name), frontend=True, sources=True)
    return contracts, Frontend(f"{case}:{name}", contract)


def plan_of(module: ModuleType, folder: Path) -> Plan:
    """Return what a module becomes, without the runtime."""
    contracts, frontend = ends_of(module)
    offered = f" --frontend {frontend.target}" if frontend else ""
    command = f"rpc-worker generate {' '.join(contracts)}{offered} --out src/rpc"
    return plan(contracts, {}, command, frontend, folder=folder)


def plan_of_case(case: str) -> Plan:
    return plan_of(module_of(case), CASES / case / "expected")


def write_project(root: Path) -> None:
    """Write all cases into one project, with the whole runtime, as a user's frontend has them."""
    (root / "package.json").write_text('{"type": "module"}')
    for path, text in sources(transports()).items():
        # The transports name packages that are not installed there.
        if not path.startswith("io/"):
            (root / "runtime" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "runtime" / path).write_text(text, encoding="utf-8")
    for case in NAMES:
        shutil.copytree(CASES / case / "expected", root / case)
        (root / case / "runtime").symlink_to(root / "runtime")
        shutil.copy(CASES / case / "check.ts", root / case)
