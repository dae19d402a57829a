"""The golden cases in TypeScript: they compile under the strictest flags, and so do their checks.

`cases/<name>/check.ts` is what an app writes; its `@ts-expect-error` lines are the misuses.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rpc_worker.codegen.docs import code, comment, sentence
from rpc_worker.codegen.syntax import literal
from rpc_worker.markers import dec_hook, enc_hook
from tests.codegen.golden import ADAPTER, CASES, NAMES, module_of, write_project

if TYPE_CHECKING:
    from pathlib import Path

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
    ("dataclass_records", "Job(title='a', steps=[Step('b')])", "Job"),
    ("dataclass_records", "Done(title='a', steps=[Step('b')])", "Done"),
    ("typed_dicts", "Movie(title='a')", "Movie"),
    ("typed_dicts", "Cut(title='a', year=1, minutes=2.5)", "Cut"),
    ("typed_dicts", "Nothing()", "Nothing"),
    ("named_tuples", "Line(Point(1, 2))", "Line"),
    ("attrs_records", "Picture(width=1, height=2, camera=Camera('a'))", "Picture"),
    ("unset", "Change()", "ChangeInput"),
    ("unset", "Loose(1)", "Loose"),
    (
        "enumerations",
        "[Format.JPG, Rating.REJECTED, Mode.READ_ONLY, Odd.Größe]",
        "[Format, Rating, Mode, Odd]",
    ),
    ("generics", "Page([Page([1, None])])", "Page<Page<number | null>>"),
    ("generics", "Swapped((Entry(True, 'a'),))", "Swapped<string, boolean>"),
    ("tags", "[Cat(id=1, lives=9), Dog(id=1)]", "(Cat | Dog)[]"),
    ("tags", "[Get('a'), Put('a')]", "(Get | Put)[]"),
    ("tags", "[Move(1, 2), Line([Move(1, 2)])]", "[Move, Line]"),
    ("tags", "[Started(1), Stopped(), Empty()]", "[Started, Stopped, Empty]"),
    ("reserved_words", "null(1, 'a')", "ReservedWordsNull"),
    ("unicode_names", "写真('a')", "写真"),
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
    ("dataclass_records", "Job", '{"title": "a"}', "Job"),
    ("typed_dicts", "Movie", '{"title": "a"}', "Movie"),
    ("typed_dicts", "Filter", '{"genre": "a"}', "Filter"),
    ("named_tuples", "LineInput", "[[1, 2]]", "Line"),
    ("attrs_records", "PictureInput", '{"width": 1, "height": 2}', "Picture"),
    ("unset", "ChangeInput", '{"rating": null}', "Change"),
    ("tags", "DogInput", '{"kind": "dog", "id": 1}', "Cat | Dog"),
    ("tags", "LineInput", '["l", [["m", 1, 2]]]', "Move | Line"),
    ("sets", "Parameters<Sets['pairs']>[0]", '[[1, "a"]]', "set[tuple[int, str]]"),
    ("keys", "Parameters<Keys['integers']>[0]", '{"1": "a"}', "dict[int, str]"),
    ("literals", "Level", "10", "Level"),
    ("literals", "Parameters<Literals['bools']>[0]", "true", "Literal[True]"),
    ("structs", "Reserved", '["a", 1]', "Reserved"),
    ("containers", "Record<number, string>", '{"1": "a"}', "dict[int, str]"),
    ("containers", "Partial<Record<Side, number>>", '{"left": 1}', "dict[Side, float]"),
]

LIBRARY = {"Awaited", "Parameters", "Partial", "Record", "ReturnType"}
LIBRARY |= {"boolean", "null", "number", "string"}


def wire_check(case: str) -> str:
    """Return TypeScript that assigns JSON to types; what is sent is decoded here."""
    scope = vars(module_of(case))
    lines: list[tuple[str, str]] = []
    for name, value, kind in ENCODED:
        if name == case:
            made = eval(value, scope)
            lines.append((kind, msgspec.json.encode(made, enc_hook=enc_hook).decode()))
    for name, kind, text, annotation in SENT:
        if name == case:
            msgspec.json.decode(text, type=eval(annotation, scope), dec_hook=dec_hook)
            lines.append((kind, text))
    names = {word for kind, _ in lines for word in re.findall(r"(?<!')\b[^\W\d]\w+", kind)}
    imported = ", ".join(sorted(names - LIBRARY))
    return f'import type {{ {imported} }} from "./{case.replace("_", "-")}.js";\n' + "".join(
        f"export const check{index}: {kind} = {text};\n" for index, (kind, text) in enumerate(lines)
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    write_project(root)
    for case in {name for name, *_ in [*ENCODED, *SENT]}:
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
        timeout=120,
        check=False,
    )
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout


BUNDLER = {"moduleResolution": "bundler", "module": "ESNext"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("version", "options"),
    [
        ("typescript", BUNDLER),
        ("typescript", {"moduleResolution": "nodenext", "module": "NodeNext"}),
        ("ts6", BUNDLER),
        ("ts7", BUNDLER),
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


@pytest.mark.process
def test_a_formatter_leaves_what_is_generated_as_it_is() -> None:
    """So that who formats a whole folder changes nothing, and `--check` goes on to hold."""
    done = subprocess.run(
        [
            str(ADAPTER / "node_modules" / ".bin" / "prettier"),
            *("--no-config", "--ignore-path=", "--list-different"),
            str(CASES / "*" / "expected" / "*.{ts,js}"),
        ],
        cwd=ADAPTER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("case", NAMES)
def test_every_case_has_its_misuses(case: str) -> None:
    check = (CASES / case / "check.ts").read_text(encoding="utf-8")
    reasons = re.findall(r"// @ts-expect-error: (.+)", check)
    assert len(reasons) == check.count("@ts-expect-error")
    assert len(reasons) >= 3


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
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found == [declared[path] for path in scripts]


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
