"""The README and the documentation do what they say.

Each page is a project in a folder of its own. A block with a title is a file of that project; shell
lines are run in it, in the order of the page; a `console` block shows what they print, and a text
block titled "exchange" what goes through the pipe. A text block titled "output" is what `main.ts`
prints when it is generated for, bundled and run as on the page of the client, whose `worker.ts` it
may import. `…` stands for anything.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from tests.pages import CHECKOUT, DEADLINE, blocks, environment, read, succeed, write_files

if TYPE_CHECKING:
    from pathlib import Path

ADAPTER: Final = CHECKOUT / "frontend-adapter"
BIN: Final = ADAPTER / "node_modules" / ".bin"
PAGES: Final = sorted(
    ["README.md", *(f"docs/{p.name}" for p in CHECKOUT.glob("docs/*.md") if p.stem != "messages")]
)
"""All but the page of mistakes, which has a test of its own: `test_newcomer`."""

SCREEN: Final = 60
"""Lines of a page about one feature: about what an editor or a browser shows at once, so that its
code and its facts are seen together. What is to be looked up stands with the reference."""

LANGUAGES: Final = {"python", "ts", "sh", "console", "rust", "text"}

COMPILER_OPTIONS: Final[dict[str, object]] = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "noEmit": True,
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "lib": ["ES2020", "DOM"],
    "skipLibCheck": True,
}
"""Those of a window; a page about Node has Node's types as well."""


Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"


def having(language: str, title: str = "") -> list[str]:
    """Return the pages that have such a block."""
    return [
        page
        for page in PAGES
        if any(b.language == language and title in b.title for b in blocks(read(page)))
    ]


@pytest.fixture
def project(tmp_path: Path, page: str) -> Path:
    """Return a folder with the page's files in it, and with what npm would have installed."""
    assert BIN.exists(), "run `make setup`"
    if 'from "./worker.js"' in read(page):
        (worker,) = (b for b in blocks(read("docs/client.md")) if b.title == "worker.ts")
        (tmp_path / worker.title).write_text(worker.text, encoding="utf-8")
    write_files(read(page), tmp_path)
    (tmp_path / "node_modules").symlink_to(ADAPTER / "node_modules")
    return tmp_path


def alike(shown: Json, found: Json) -> bool:
    """Compare JSON, where `…` in the shown text stands for anything."""
    match shown, found:
        case "…", _:
            return True
        case str(), str():
            pattern = re.escape(shown).replace("…", ".*")
            return re.fullmatch(pattern, found, re.DOTALL) is not None
        case dict(), dict():
            return list(shown) == list(found) and all(alike(shown[k], found[k]) for k in shown)
        case list(), list():
            return len(shown) == len(found) and all(map(alike, shown, found))
        case _:
            return type(shown) is type(found) and shown == found


# ----------------------------------------------------------------------------------- form


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_tested(page: str) -> None:
    for block in blocks(read(page)):
        assert block.language in LANGUAGES, block
        assert block.title or block.language in {"sh", "console", "text"}, block
    text = read(page)
    assert text.count("```") == 2 * len(blocks(read(page))), (
        "a fence that is not closed, or indented"
    )


def test_the_readme_stays_within_two_screens() -> None:
    lines = (CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    worker, client = (
        next(b for b in blocks(read("README.md")) if b.language == language)
        for language in ("python", "ts")
    )
    assert len(worker.text.splitlines()) <= 15
    assert len(client.text.splitlines()) <= 6


def test_the_guide_for_tauri_stays_within_two_screens() -> None:
    assert len(read("docs/tauri.md").splitlines()) <= 2 * SCREEN


def test_a_feature_fits_on_a_screen() -> None:
    listed = read("docs/index.md").partition("What both sides can do:\n\n")[2].partition("\n\n")[0]
    features = re.findall(r"^- \[.+?\]\((.+?)\):", listed, re.MULTILINE)
    assert len(features) == len(listed.splitlines()) > 0
    lengths = {page: len(read(f"docs/{page}").splitlines()) for page in features}
    assert {page: length for page, length in lengths.items() if length > SCREEN} == {}


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    source = CHECKOUT / page
    for target in re.findall(r"\]\((?!https?:)([^)]*)\)", source.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        linked = source.parent / file if file else source
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", h).lower().replace(" ", "-") for h in headings}
            assert anchor in slugs, target


def test_every_module_has_its_room_in_the_architecture() -> None:
    rooms = re.findall(r"^\| (`.+?) \|", read("docs/architecture.md"), re.MULTILINE)
    named = {name for room in rooms for name in re.findall(r"`(\w+)/?`", room)}
    package = CHECKOUT / "rpc_worker"
    rooms_of_files = {p.parent.name for p in package.glob("*/__init__.py")}
    assert named == rooms_of_files | {p.stem for p in package.glob("*.py")} - {"__init__"}


# ----------------------------------------------------------------------------------- shell


@pytest.mark.parametrize("page", [*having("sh"), "CONTRIBUTING.md"])
def test_shell_lines_name_what_exists(page: str) -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    package = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for block in blocks(read(page)):
        if block.language != "sh":
            continue
        for line in block.text.splitlines():
            match shlex.split(line, comments=True):
                case ["make", target]:
                    assert f"\n{target}:" in makefile, line
                case ["python3", "-m", "venv", ".venv"] | [".", ".venv/bin/activate"]:
                    pass
                case ["pip", "install", name]:
                    assert name.rpartition("/")[2] == package["name"], line
                case ["rpc-worker", *_]:
                    assert "rpc-worker" in package["scripts"], line
                case [".venv/bin/python", "-m", "pytest", *arguments]:
                    files = [a for a in arguments if a.endswith(".py")]
                    assert all((CHECKOUT / file).exists() for file in files), line
                case ["cd", "frontend-adapter", "&&", "npx", "vitest", "run"]:
                    assert (ADAPTER / "package.json").exists(), line
                case words:
                    pytest.fail(f"nothing checks this line: {words}")


def run_shell(project: Path, page: str) -> None:
    """Run the page's own command lines, and compare what they print."""
    for block in blocks(read(page)):
        lines = block.text.splitlines()
        if block.language == "sh":
            for line in lines:
                if line.startswith("rpc-worker"):
                    succeed(line, cwd=project)
        if block.language == "console":
            shown = "\n".join(line for line in lines if not line.startswith("$ "))
            printed = [succeed(line[2:], cwd=project) for line in lines if line.startswith("$ ")]
            assert alike(shown, "".join(printed).rstrip("\n")), (shown, printed)
        if block.title == "output":
            printed_by_main = run_example(project)
            assert alike(block.text, printed_by_main), (block.text, printed_by_main)


def run_example(project: Path) -> str:
    """Generate the client, and run `main.ts`, as the page of the client does."""
    offers = "class FrontendAPI" in (project / "backend.py").read_text(encoding="utf-8")
    frontend = "--frontend backend:FrontendAPI" if offers else ""
    succeed(f"rpc-worker generate backend:Backend {frontend} --out rpc --io node", cwd=project)
    return run_typescript(project, "main.ts")


# ----------------------------------------------------------------------------------- code


@pytest.mark.process
@pytest.mark.parametrize("page", having("python"))
def test_python_runs(project: Path, page: str) -> None:
    for block in blocks(read(page)):
        if block.language == "python":
            # A worker finds the end of its input, and ends; a contract has nothing to do.
            file = block.title.partition(",")[0]
            printed = succeed([sys.executable, file], cwd=project)
            if block.title == "client.py":
                assert printed == "42.0\n"


@pytest.mark.process
@pytest.mark.parametrize("page", sorted({*having("ts"), *having("console")}))
def test_commands_run_and_typescript_fits_what_they_generate(project: Path, page: str) -> None:
    run_shell(project, page)
    if page in having("ts"):
        types = ["node"] if (project / "rpc/runtime/io/node.ts").exists() else []
        options = {**COMPILER_OPTIONS, "types": types}
        config = json.dumps({"compilerOptions": options, "include": ["*.ts"]})
        (project / "tsconfig.json").write_text(config, encoding="utf-8")
        assert succeed([str(BIN / "tsc"), "--project", "."], cwd=project) == ""


FIRST_PAGES: Final = {
    "README.md": (
        ["backend.py"],
        ["main.ts"],
        ["42", "2026-01.jpg", "2026-02.jpg", "50 %", "Delete 7 duplicates?", "7 deleted"],
    ),
    "docs/getting-started.md": (
        ["-m", "rpc_worker", "run", "notes:notes"],
        ["main.ts", "clear.ts"],
        [
            *("[ 'milk' ]", "4004 There is no note of that title. { title: 'bread' }"),
            *("Delete milk?", "100 %", "1 deleted"),
        ],
    ),
    "docs/tauri.md": (["backend.py"], ["main.ts"], ["Hello window, from Python"]),
}
"""How their workers are started, what is run in the window, and what it prints."""


@pytest.mark.process
@pytest.mark.parametrize("page", FIRST_PAGES)
def test_the_first_pages_call_their_workers_as_a_window_does(project: Path, page: str) -> None:
    worker, code, expected = FIRST_PAGES[page]
    run_shell(project, page)
    command = json.dumps([sys.executable, *worker])
    if 'new TauriIo("backend")' in read(page):
        plugin = json.dumps(str(ADAPTER / "test" / "worker-plugin.ts"))
        imported = f"import {{ WorkerPlugin }} from {plugin};\n"
        host = f"const host = new WorkerPlugin({{ backend: {command} }});\n"
        leave = "await host.quit();\n"
    else:
        relay = json.dumps(str(CHECKOUT / "examples" / "demo" / "relay.ts"))
        imported = f"import {{ startRelay }} from {relay};\n"
        host = f"const host = await startRelay({json.dumps(f'{CHECKOUT}/')}, {command});\n"
        leave = "await host.stop();\n"
    (project / "window.ts").write_text(
        imported + "const confirm = (question) => (console.log(question), true);\n"
        "const addEventListener = () => undefined;\n"
        "Object.assign(globalThis, { confirm, addEventListener, window: globalThis });\n"
        + host
        + "".join(f'await import("./{file}");\n' for file in code)
        + leave
    )
    assert run_typescript(project, "window.ts").splitlines() == expected


def test_the_plugin_reads_what_the_guide_declares() -> None:
    guide = read("docs/tauri.md")
    section, code = (
        next(block.text for block in blocks(guide) if block.title == title)
        for title in ("src-tauri/tauri.conf.json", "main.ts")
    )
    declared = json.loads(f"{{{section}}}")["plugins"]["rpc-worker"]["workers"]
    assert re.findall(r'TauriIo\("(\w+)"\)', code) == list(declared)
    config = (CHECKOUT / "tauri-plugin-rpc-worker/src/config.rs").read_text(encoding="utf-8")
    worker, dev = (
        set(re.findall(r"^ +pub(?:\(crate\))? (\w+):", struct, re.MULTILINE))
        for struct in re.findall(
            r"struct (?:Worker|Dev) \{\n(.*?)^\}", config, re.MULTILINE | re.DOTALL
        )
    )
    bundled = re.findall(r'^\| `"(\w+)": ', guide, re.MULTILINE)
    assert bundled
    assert {*bundled, *declared["backend"]} <= worker
    assert set(declared["backend"]["dev"]) <= dev
    permissions = CHECKOUT / "tauri-plugin-rpc-worker/permissions"
    sets = tomllib.loads((permissions / "sets.toml").read_text(encoding="utf-8"))["set"]
    named = re.findall(r"^\| `rpc-worker:(\w+)` ", guide, re.MULTILINE)
    assert named == ["default", *(one["identifier"] for one in sets)]


@pytest.mark.process
@pytest.mark.parametrize("page", ["docs/client.md"])
def test_the_transport_that_is_shown_carries_calls(project: Path, page: str) -> None:
    run_shell(project, page)
    (project / "window.ts").write_text(
        'import { PortIo } from "./port.js";\n'
        'import { createChannel } from "./rpc/runtime/index.js";\n'
        'import { NodeProcessIo } from "./rpc/runtime/io/node.js";\n'
        "const { port1, port2 } = new MessageChannel();\n"
        'const io = new NodeProcessIo("python", ["backend.py"]);\n'
        "io.open({ chunk: (text) => port2.postMessage(text), closed: () => port2.close() });\n"
        "port2.onmessage = ({ data }) => void io.write(data);\n"
        "const channel = createChannel(new PortIo(port1));\n"
        'console.log(await channel.call("put", ["desk", "tape"]));\n'
        "channel.destroy();\n"
        "io.close();\n"
    )
    assert run_typescript(project, "window.ts") == "1\n"


def run_typescript(project: Path, file: str) -> str:
    bundle = ["--bundle", "--platform=node", "--format=esm", "--outfile=bundle.mjs"]
    succeed([str(BIN / "esbuild"), file, "--log-level=error", *bundle], cwd=project)
    return succeed(["node", "bundle.mjs"], cwd=project)


@pytest.mark.process
@pytest.mark.parametrize("page", having("rust"))
def test_rust_is_well_formed(page: str) -> None:
    for block in blocks(read(page)):
        if block.language == "rust":
            check = ["rustfmt", "--check", "--edition", "2021"]
            assert succeed(check, cwd=CHECKOUT, stdin=block.text) == ""


def test_the_relay_of_the_guide_sends_every_event_that_a_window_waits_for() -> None:
    adapter = (ADAPTER / "src" / "io" / "tauri-event.ts").read_text(encoding="utf-8")
    names = re.findall(r'options\.\w+ \?\? "([\w-]+)"', adapter)
    assert len(names) == 4
    (relay,) = (b.text for b in blocks(read("docs/getting-started.md")) if b.language == "rust")
    assert [name for name in names if f'"{name}"' not in relay] == []


# ----------------------------------------------------------------------------------- the wire


@pytest.mark.process
@pytest.mark.parametrize("page", having("text", "exchange"))
def test_exchanges_happen_as_shown(project: Path, page: str) -> None:
    serves = "serve(" in (project / "backend.py").read_text(encoding="utf-8")
    command = ["backend.py"] if serves else ["-m", "rpc_worker", "run", "backend:backend"]
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=project,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        # A worker that says nothing fails the test and does not hang it.
        deadline = threading.Timer(DEADLINE, worker.kill)
        deadline.start()
        first = worker.stdout.readline()
        for block in blocks(read(page)):
            for arrow, shown in re.findall(r"^(-->|<--) (.*)$", block.text, re.MULTILINE):
                if arrow == "-->":
                    worker.stdin.write(f"{shown}\n")
                    worker.stdin.flush()
                else:
                    found = first if block.title == "first line" else worker.stdout.readline()
                    assert alike(json.loads(shown), json.loads(found)), (shown, found)
        rest, _ = worker.communicate()
        deadline.cancel()
    assert rest == ""
    assert worker.returncode == 0
