"""Golden cases: each contract in `cases/` and the files that it becomes.

After a change that is meant, write them again, and read the difference:

    .venv/bin/python tests/codegen/test_codegen_golden.py

Each case is compiled with the strictest flags of each TypeScript too. `cases/<name>/check.ts`,
where there is one, must compile with it: it holds type tests, and its `@ts-expect-error` lines are
the misuses.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from rpc_worker.codegen.docs import code, comment, sentence
from rpc_worker.codegen.files import compare, write
from rpc_worker.codegen.plan import Frontend, plan
from rpc_worker.codegen.runtime import sources, transports
from rpc_worker.codegen.syntax import literal
from rpc_worker.contract import read_contract

if TYPE_CHECKING:
    from types import ModuleType

    from rpc_worker.codegen.plan import Plan

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.parent.name for path in CASES.glob("*/*.py"))
ADAPTER = Path(__file__).parents[2] / "frontend-adapter"
STRICTEST = {
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "erasableSyntaxOnly": True,
    "isolatedDeclarations": True,
    "declaration": True,
    "isolatedModules": True,
    "verbatimModuleSyntax": True,
    "noUncheckedIndexedAccess": True,
    "noPropertyAccessFromIndexSignature": True,
    "noImplicitOverride": True,
    "noImplicitReturns": True,
    "noFallthroughCasesInSwitch": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "noEmit": True,
    "skipLibCheck": False,
    "target": "ES2020",
    "lib": ["ES2020", "DOM"],
    "types": [],
}


def module_of(case: str) -> ModuleType:
    if case not in sys.modules:
        spec = importlib.util.spec_from_file_location(case, CASES / case / f"{case}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[case] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[case])
    return sys.modules[case]


def plan_of(case: str) -> Plan:
    module = module_of(case)
    names = getattr(module, "CONTRACTS", (f"{case.title()}API",))
    contracts = {f"{case}:{n}": read_contract(getattr(module, n), sources=True) for n in names}
    command = f"rpc-worker generate {' '.join(contracts)}"
    if not hasattr(module, "FRONTEND"):
        return plan(contracts, {}, f"{command} --out src/rpc")
    name = module.FRONTEND
    offered = Frontend(f"{case}:{name}", read_contract(getattr(module, name), sources=True))
    return plan(contracts, {}, f"{command} --frontend {case}:{name} --out src/rpc", offered)


@pytest.mark.parametrize("case", NAMES)
def test_a_contract_becomes_the_expected_files(case: str) -> None:
    planned = plan_of(case)
    expected = CASES / case / "expected"
    found = {
        path.relative_to(expected).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(expected.rglob("*.ts"))
    }
    assert planned.files == found


@pytest.mark.parametrize("case", NAMES)
def test_the_text_is_tidy(case: str) -> None:
    for name, text in plan_of(case).files.items():
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert "\t" not in text, name
        assert [line for line in text.splitlines() if line != line.rstrip()] == [], name


def test_the_same_contract_becomes_the_same_text_in_every_process() -> None:
    program = "import test_codegen_golden as g, hashlib; print({n: g.plan_of(n) for n in g.NAMES})"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


# What msgspec makes of a value, and a type that must take it; each in Python and in TypeScript.
ENCODED = [
    (
        "structs",
        "Window(window_title='a', upper_left=Point(1, 2), owner=None, children=[])",
        "Window",
    ),
    ("structs", "Renamed(file_name='a', size=1)", "Renamed"),
    ("structs", "Pair('a', 1)", "Pair"),
    ("structs", "Tree(1, [Tree(2, [], {})], {'a': Tree(3, [], {})})", "Tree"),
    ("structs", "Empty()", "Empty"),
    ("direction", "Settings(theme='a')", "Settings"),
    ("direction", "Settings(theme='a')", "SettingsInput"),
    ("direction", "Received()", "Received"),
    ("direction", "Sparse(name='a')", "Sparse"),
    ("direction", "Sparse(name='a', size=1)", "Sparse"),
    ("direction", "Trailing(1)", "Trailing"),
    ("direction", "Node([Node([])])", "Node"),
    ("structs", "Reserved('a', 1)", "Reserved"),
    ("literals", "[True, False, 1, 'auto']", "Awaited<ReturnType<Literals['bools']>>[]"),
    ("unions", "Circle(1.5)", "Circle"),
    ("unions", "Rectangle(1)", "Rectangle"),
    ("unions", "[Move(1, 2), Draw('red')]", "(Move | Draw)[]"),
    ("records", "Job(title='a')", "Job"),
    ("records", "Movie(title='a')", "Movie"),
    ("records", "Movie(title='a', year=1)", "Movie"),
    ("literals", "[Kind.LINK, Level.LOUD]", "[Kind, Level]"),
    ("containers", "{Side.LEFT: 1.0}", "Partial<Record<Side, number>>"),
    ("names", "Odd(content_type='a', dollar='b', digit='c', quoted='d')", "Odd"),
    ("documented", "NotFound('a').data", "NotFoundData"),
    ("streams", "Line('a')", "Line"),
    ("callbacks", "Step('a')", "Step"),
    ("events", "FileChange('a')", "FileChange"),
    ("dialogs", "Choice('a')", "Choice"),
]

# What TypeScript may send, and the Python type that must take it.
SENT = [
    ("direction", "SettingsInput", '{"theme": "a"}', "Settings"),
    ("direction", "Sent", "{}", "Sent"),
    ("streams", "LineInput", '{"text": "a"}', "Line"),
    ("callbacks", "StepInput", '{"name": "a"}', "Step"),
    ("dialogs", "ChoiceInput", '{"label": "a"}', "Choice"),
    ("direction", "Sparse", '{"name": "a"}', "Sparse"),
    ("direction", "TrailingInput", "[1]", "Trailing"),
    ("direction", "TrailingInput", "[1, 2]", "Trailing"),
    ("direction", "NodeInput", '{"children": [{"children": []}]}', "Node"),
    ("structs", "Empty", "{}", "Empty"),
    ("unions", "RectangleInput", '{"kind": "rectangle", "width": 1}', "Shape"),
    ("unions", "Move", "[1, 2, 3]", "Move | Draw"),
    ("records", "JobInput", '{"title": "a"}', "Job"),
    ("records", "Movie", '{"title": "a"}', "Movie"),
    ("literals", "Level", "10", "Level"),
    ("literals", "Parameters<Literals['bools']>[0]", "true", "Literal[True]"),
    ("structs", "Reserved", '["a", 1]', "Reserved"),
    ("containers", "Record<number, string>", '{"1": "a"}', "dict[int, str]"),
    ("containers", "Partial<Record<Side, number>>", '{"left": 1}', "dict[Side, float]"),
]

LIBRARY = {"Awaited", "Parameters", "Partial", "Record", "ReturnType"}


def wire_check(case: str) -> str:
    """Return TypeScript that assigns JSON to types; what is sent is decoded here."""
    scope = vars(module_of(case))
    lines: list[tuple[str, str]] = []
    for name, value, kind in ENCODED:
        if name == case:
            lines.append((kind, msgspec.json.encode(eval(value, scope)).decode()))
    for name, kind, text, annotation in SENT:
        if name == case:
            msgspec.json.decode(text, type=eval(annotation, scope))
            lines.append((kind, text))
    names = {word for kind, _ in lines for word in re.findall(r"[A-Z]\w+", kind)}
    imported = ", ".join(
        sorted(names - {"Awaited", "Parameters", "Partial", "Record", "ReturnType"})
    )
    return f'import type {{ {imported} }} from "./{case}.js";\n' + "".join(
        f"export const check{index}: {kind} = {text};\n" for index, (kind, text) in enumerate(lines)
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases in one project, with the whole runtime, as a user's frontend has them."""
    root = tmp_path_factory.mktemp("project")
    (root / "package.json").write_text('{"type": "module"}')
    everything = {f"runtime/{path}": text for path, text in sources(transports()).items()}
    for name, text in everything.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if not name.startswith("runtime/io/"):
            (root / name).write_text(text, encoding="utf-8")
    for case in NAMES:
        shutil.copytree(CASES / case / "expected", root / case)
        (root / case / "runtime").symlink_to(root / "runtime")
        if (CASES / case / "check.ts").exists():
            shutil.copy(CASES / case / "check.ts", root / case)
        if any(case == name for name, *_ in [*ENCODED, *SENT]):
            (root / case / "wire.ts").write_text(wire_check(case), encoding="utf-8")
    return root


@pytest.mark.process
@pytest.mark.parametrize(
    ("version", "resolution", "module"),
    [
        ("typescript", "bundler", "ESNext"),
        ("typescript", "nodenext", "NodeNext"),
        ("ts6", "bundler", "ESNext"),
        ("ts7", "bundler", "ESNext"),
    ],
)
def test_all_cases_compile_with_the_strictest_flags(
    project: Path, version: str, resolution: str, module: str
) -> None:
    compiler = ADAPTER / "node_modules" / version / "bin" / "tsc"
    assert compiler.exists(), "TypeScript is not installed: run `npm ci` in frontend-adapter"
    options = {**STRICTEST, "moduleResolution": resolution, "module": module}
    config = project / f"tsconfig.{version}.{resolution}.json"
    config.write_text(json.dumps({"compilerOptions": options, "include": ["*/*.ts"]}))
    done = subprocess.run(
        ["node", str(compiler), "-p", str(config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == ""
    assert done.returncode == 0


TAGS = """
const ts = require("typescript");
const fs = require("node:fs");
for (const path of process.argv.slice(1)) {
  const text = fs.readFileSync(path, "utf8");
  (function walk(node) {
    for (const doc of node.jsDoc ?? [])
      for (const tag of doc.tags ?? []) console.log(tag.tagName.text);
    ts.forEachChild(node, walk);
  })(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
}
"""


@pytest.mark.process
def test_typescript_finds_no_tags_but_ours(tmp_path: Path) -> None:
    # Docstrings that are at their most harmful, and those of the cases.
    hostile = [
        f"{before}{mark}@internal {after}"
        for before in ("", "`", "``", "a ", "` b ", "- ", "* ", "@", "{", "(", "\\", "|")
        for mark in ("", " ", "\t", "`", "\u3000", "\u200b", "\ufeff", "\xa0")
        for after in ("", "`", "x\n@beta", "`\n `@beta")
    ]
    members = [
        comment(text, [f"@param a - {sentence(text)} Default: {code(literal(text))}."])
        + f"  member{index}(a: string): void;\n"
        for index, text in enumerate(hostile)
    ]
    (tmp_path / "hostile.ts").write_text(f"interface Hostile {{\n{''.join(members)}}}\n", "utf-8")
    paths = [tmp_path / "hostile.ts", *sorted(CASES.rglob("expected/*.ts"))]
    ours = [
        tag
        for path in paths
        for tag in re.findall(r"^ *(?:/\*)?\*+ @(\w+)", path.read_text("utf-8"), re.MULTILINE)
    ]
    done = subprocess.run(
        ["node", "-e", TAGS, *map(str, paths)],
        cwd=ADAPTER,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ours
    assert ours.count("param") >= len(hostile)


def update() -> None:
    """Write what the cases become now."""
    for case in NAMES:
        folder = CASES / case / "expected"
        files = plan_of(case).files
        write(folder, files, compare(folder, files))


if __name__ == "__main__":
    update()
