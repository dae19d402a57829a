"""Measures what a large contract costs: the generator, the compilers, the page, the worker.

Beside it stands the smallest contract, which shows what is there for any. Both take turns within
each round, and each step is a process of its own. Of all rounds the best counts: whatever else the
machine does can only add to a time. `make bench-codegen`
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from command import CHECKOUT, add_markdown, environment, machine, publish, say
from large_contract import texts
from tables import heading, row, whole

ADAPTER: Final = CHECKOUT / "frontend-adapter"
SMALL: Final = 2
LARGE: Final = 500
QUICK: Final = 30
ROUNDS: Final = 5
# The slowest step takes a few seconds: what takes so long hangs.
DEADLINE: Final = 120.0

Figures: TypeAlias = Mapping[str, float]

COMPILERS: Final = {"5.9": "typescript", "6.0": "ts6", "7.0": "ts7"}
"""Each version of TypeScript, and the package that has it."""

STAGES: Final = """
import json, sys, time
from pathlib import Path
from rpc_worker.codegen.plan import plan
from rpc_worker.codegen.runtime import sources
from rpc_worker.contract import read_contract
from api import StudioAPI
begin = time.perf_counter()
contract = read_contract(StudioAPI, sources=True)
read = time.perf_counter()
plan({"api:StudioAPI": contract}, sources(("memory",)), "", folder=Path("rpc"))
print(json.dumps([read - begin, time.perf_counter() - read]))
"""

APP: Final = """\
import { createChannel, createClient } from "./rpc/runtime/index.js";
import { memoryPair } from "./rpc/runtime/io/memory.js";
import { studio, type Studio } from "./rpc/studio.js";

export const worker: Studio = createClient(studio, createChannel(memoryPair()[0]));
export const greeting: Promise<string> = worker.greet("you", { loud: true });
"""

REQUEST: Final = b'{"jsonrpc":"2.0","id":1,"method":"add","params":[19,23]}\n'
ANSWER: Final = b'{"jsonrpc":"2.0","id":1,"result":42.0}\n'


def _tenths(value: float) -> str:
    return f"{value:,.1f}"


def _hundredths(value: float) -> str:
    return f"{value:.2f}"


ROWS: Final[tuple[tuple[str, str, Callable[[float], str]], ...]] = (
    ("the contract, lines of Python", "lines", whole),
    ("`rpc-worker generate`, the whole command, ms", "command", whole),
    ("in it: reading the contract, ms", "reading", whole),
    ("in it: making the texts, ms", "planning", whole),
    ("`studio.ts`, what describes the methods, KiB", "studio.ts", _tenths),
    ("the same, gzipped, KiB", "studio.ts, gzipped", _tenths),
    ("`studio.types.js`, errors and enumerations, KiB", "studio.types.js", _tenths),
    ("`studio.types.d.ts`, KiB", "studio.types.d.ts", _tenths),
    ("its map into the Python, KiB", "studio.types.d.ts.map", _tenths),
    ("the runtime, KiB", "runtime", _tenths),
    *((f"`tsc --noEmit`, TypeScript {version}, s", version, _hundredths) for version in COMPILERS),
    ("a page with the client, minified, KiB", "bundle", _tenths),
    ("the same, gzipped, KiB", "bundle, gzipped", _tenths),
    ("the worker, spawn to first answer, ms", "start", whole),
)
"""What is told, the figure, and how it is written."""


def main() -> None:
    options = _parse()
    sizes = (SMALL, QUICK if options.quick else LARGE)
    rounds = 1 if options.quick else ROUNDS
    measured: dict[int, list[Figures]] = {size: [] for size in sizes}
    with tempfile.TemporaryDirectory(prefix="rpc-worker-") as folder:
        for size in sizes:
            _lay_out(Path(folder) / str(size), size)
        for number in range(1, rounds + 1):
            for size in sizes:
                say(f"round {number} of {rounds}, {size} methods")
                measured[size].append(_measure(Path(folder) / str(size)))
    publish(report(measured), "bench-codegen", options.markdown)


class Options(argparse.Namespace):
    quick: bool
    markdown: Path | None


def _parse() -> Options:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round with a smaller contract: shows that it works, measures little",
    )
    add_markdown(parser, "bench-codegen")
    return parser.parse_args(namespace=Options())


def report(measured: Mapping[int, Sequence[Figures]]) -> str:
    """Return the table; a column for each contract."""
    rounds = len(next(iter(measured.values())))
    python = f"Python {platform.python_version()}"
    lines = [f"{machine()}; {python}; the best of {rounds} rounds.", ""]
    lines += heading("", *(f"{size} methods" for size in measured))
    for label, name, written in ROWS:
        cells = [written(min(each[name] for each in figures)) for figures in measured.values()]
        lines.append(row([label, *cells]))
    return "\n".join((*lines, ""))


def _lay_out(folder: Path, methods: int) -> None:
    """Make the project of an app: the contract, the worker, a page that has the client."""
    folder.mkdir()
    made = texts(methods)
    (folder / "api.py").write_text(made.api, encoding="utf-8")
    (folder / "worker.py").write_text(made.worker, encoding="utf-8")
    (folder / "app.ts").write_text(APP, encoding="utf-8")
    (folder / "node_modules").symlink_to(ADAPTER / "node_modules", target_is_directory=True)
    # With every flag that somebody may have set.
    config = {"extends": str(ADAPTER / "tsconfig.json"), "include": ["app.ts", "rpc"]}
    options: dict[str, Any] = {"types": [], "skipLibCheck": False}
    text = json.dumps({**config, "compilerOptions": options})
    (folder / "tsconfig.json").write_text(text, encoding="utf-8")
    _run(folder, sys.executable, "-c", "import worker")  # Compiled from now on, as installed.


def _measure(folder: Path) -> Figures:
    api = (folder / "api.py").read_text(encoding="utf-8")
    figures: dict[str, float] = {"lines": api.count("\n")}
    generate = ("-m", "rpc_worker", "generate", "api:StudioAPI", "--out", "rpc", "--io", "memory")
    for path in (folder / "rpc").rglob("*.*"):
        path.unlink()
    figures["command"] = 1000 * _time(folder, sys.executable, *generate)
    stages: list[float] = json.loads(_run(folder, sys.executable, "-c", STAGES))
    figures["reading"], figures["planning"] = (1000 * seconds for seconds in stages)
    figures |= _sizes(folder / "rpc")
    for version, package in COMPILERS.items():
        compiler = ADAPTER / "node_modules" / package / "bin" / "tsc"
        figures[version] = _time(folder, "node", str(compiler), "-p", ".", "--noEmit")
    esbuild = str(ADAPTER / "node_modules" / ".bin" / "esbuild")
    options = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=error")
    bundle = _run(folder, esbuild, "app.ts", *options).encode()
    figures |= {"bundle": _kib(bundle), "bundle, gzipped": _kib(gzip.compress(bundle))}
    figures["start"] = 1000 * _time_to_answer(folder)
    return figures


def _sizes(folder: Path) -> Figures:
    content = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    runtime = [path.read_bytes() for path in (folder / "runtime").rglob("*.*")]
    return {
        "studio.types.js": 0.0,  # There is none without errors and enumerations.
        **{name: _kib(data) for name, data in content.items()},
        "studio.ts, gzipped": _kib(gzip.compress(content["studio.ts"])),
        "runtime": _kib(b"".join(runtime)),
    }


def _kib(data: bytes) -> float:
    return len(data) / 1024


def _time(folder: Path, *command: str) -> float:
    begin = time.perf_counter()
    _run(folder, *command)
    return time.perf_counter() - begin


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def _time_to_answer(folder: Path) -> float:
    begin = time.perf_counter()
    with subprocess.Popen(
        (sys.executable, "-c", "import worker; worker.main()"),
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(REQUEST)
        worker.stdin.flush()
        lines = [worker.stdout.readline(), worker.stdout.readline()]
        taken = time.perf_counter() - begin
    if lines[1] != ANSWER:
        sys.exit(f"the worker of {folder.name} methods answered {lines}")
    return taken


if __name__ == "__main__":
    main()
