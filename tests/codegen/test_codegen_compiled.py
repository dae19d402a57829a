"""The golden cases in TypeScript: they compile under the strictest flags, and so do their checks.

`cases/<name>/check.ts` is what an app writes; its `@ts-expect-error` lines are the misuses.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.codegen.golden import ADAPTER, CASES, NAMES, write_project
from tests.codegen.wire_checks import CHECKED, wire_check

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE = 300
"""Seconds for one compiler, on a machine that has other things to do."""

STRICTEST = {
    "strict": True,
    "allowUnreachableCode": False,
    "allowUnusedLabels": False,
    "declaration": True,
    "erasableSyntaxOnly": True,
    "exactOptionalPropertyTypes": True,
    "forceConsistentCasingInFileNames": True,
    "isolatedDeclarations": True,
    "isolatedModules": True,
    "noEmit": True,
    "noFallthroughCasesInSwitch": True,
    "noImplicitAny": True,
    "noImplicitOverride": True,
    "noImplicitReturns": True,
    "noImplicitThis": True,
    "noPropertyAccessFromIndexSignature": True,
    "noUncheckedIndexedAccess": True,
    "noUncheckedSideEffectImports": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "skipLibCheck": False,
    "strictBindCallApply": True,
    "strictBuiltinIteratorReturn": True,
    "strictFunctionTypes": True,
    "strictNullChecks": True,
    "strictPropertyInitialization": True,
    "target": "ES2020",
    "types": [],
    "useUnknownInCatchVariables": True,
    "verbatimModuleSyntax": True,
    "lib": ["ES2020", "DOM"],
}
"""All that a user may have set, and the oldest library that is common."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    write_project(root)
    for case in CHECKED:
        (root / case / "wire.ts").write_text(wire_check(case), encoding="utf-8")
    return root


def compile_all(project: Path, version: str, options: dict[str, Any]) -> str:
    """Return what a compiler says of all cases."""
    compiler = ADAPTER / "node_modules" / version / "bin" / "tsc"
    assert compiler.exists(), "TypeScript is not installed: run `npm ci` in frontend-adapter"
    config = project / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": options, "include": ["*/*"]}))
    done = subprocess.run(
        ["node", str(compiler), "-p", str(config)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout


BUNDLER = {"moduleResolution": "bundler", "module": "ESNext"}


@pytest.mark.once
@pytest.mark.process
@pytest.mark.parametrize(
    ("version", "options"),
    [
        ("typescript", BUNDLER),
        ("ts6", BUNDLER),
        ("ts7", BUNDLER),
        ("ts7", {"moduleResolution": "nodenext", "module": "NodeNext"}),
        # Where JavaScript is compiled too, declarations go before the JavaScript beside them.
        ("ts7", {**BUNDLER, "allowJs": True, "checkJs": True, "isolatedDeclarations": False}),
        # A newer library has names of its own.
        ("ts7", {**BUNDLER, "target": "ESNext", "lib": ["ESNext", "DOM", "DOM.Iterable"]}),
    ],
)
def test_all_cases_compile_with_the_strictest_flags(
    project: Path, version: str, options: dict[str, Any]
) -> None:
    assert compile_all(project, version, {**STRICTEST, **options}) == ""


@pytest.mark.once
@pytest.mark.process
@pytest.mark.parametrize(
    ("config", "files"),
    [
        # Who formats a whole folder changes nothing, and `--check` goes on to hold.
        ("--no-config", "*/expected/*.{ts,js}"),
        # What people write here is as all other TypeScript of the project.
        ("--config=.prettierrc.json", "*/check.ts"),
    ],
)
def test_a_formatter_changes_nothing(config: str, files: str) -> None:
    done = subprocess.run(
        [
            str(ADAPTER / "node_modules" / ".bin" / "prettier"),
            *(config, "--ignore-path=", "--list-different"),
            str(CASES / files),
        ],
        cwd=ADAPTER,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("case", NAMES)
def test_every_case_has_its_misuses(case: str) -> None:
    check = (CASES / case / "check.ts").read_text(encoding="utf-8")
    reasons = re.findall(r"// @ts-expect-error: (.+)", check)
    assert len(reasons) == check.count("@ts-expect-error")
    assert len(reasons) >= 3


@pytest.mark.once
@pytest.mark.process
def test_what_a_types_file_declares_is_there_at_run_time(project: Path) -> None:
    """Each class and constant of a `.d.ts` is exported by the `.js` beside it, and nothing else."""
    declared = {
        path.with_name(path.name.replace(".d.ts", ".js")): sorted(
            re.findall(
                r"^export declare (?:class|const) (\w+)", path.read_text("utf-8"), re.MULTILINE
            )
        )
        for path in sorted(project.glob("*/*.types.d.ts"))
    }
    scripts = sorted(project.glob("*/*.types.js"))
    assert [path for path, names in declared.items() if names] == scripts
    program = (
        "for (const path of process.argv.slice(1))"
        " console.log(JSON.stringify(Object.keys(await import(path)).sort()));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program, *map(str, scripts)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found == [declared[path] for path in scripts]
