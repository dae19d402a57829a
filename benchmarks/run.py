"""Measures the worker beside its floor and its peer: `make bench`.

The contenders take turns within each round, so that what else the machine does meets all of them,
and each ratio is taken within its round. What the figures mean is the driver's to say:
`driver/src/main.rs`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from command import add_markdown, environment, machine, publish, say
from contenders import CONTENDERS, FLOOR, Contender, Measurement, Round
from tables import report

HERE: Final = Path(__file__).parent
ROUNDS: Final = 3
# The slowest measurement takes a few seconds: what takes so long hangs.
DEADLINE: Final = 120.0
NEEDED: Final = ("msgspec", "anyio", "jsonrpcserver")


def main() -> None:
    options = _parse()
    driver = _build_driver()
    contenders = [c for c in CONTENDERS if not options.only or c.name in (FLOOR, *options.only)]
    pythons = {python: _version(python) for python in options.python}
    rounds: dict[str, list[Round]] = {python: [] for python in pythons}
    for number in range(1, options.rounds + 1):
        for python, version in pythons.items():
            say(f"round {number} of {options.rounds}, Python {version}")
            rounds[python].append(
                {c.name: _measure(driver, python, c, options.quick) for c in contenders}
            )
    reports = [report(version, rounds[python]) for python, version in pythons.items()]
    tables = "\n".join((f"{machine()}; rounds: {options.rounds}.\n", *reports))
    publish(tables, "benchmarks", options.markdown)


class Options(argparse.Namespace):
    python: list[str]
    rounds: int
    quick: bool
    only: list[str]
    markdown: Path | None


def _parse() -> Options:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--python",
        action="append",
        metavar="PATH",
        help="an interpreter that runs the workers; may be repeated (default: this one)",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help=f"default: {ROUNDS}")
    parser.add_argument(
        "--quick", action="store_true", help="one short round: shows that it works, measures little"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=[contender.name for contender in CONTENDERS],
        help="measure only this and the floor; may be repeated",
    )
    add_markdown(parser, "benchmarks")
    options = parser.parse_args(namespace=Options())
    options.python = options.python or [sys.executable]
    options.rounds = options.rounds or (1 if options.quick else ROUNDS)
    if options.rounds < 1:
        parser.error("--rounds takes a number from 1 up")
    return options


def _build_driver() -> str:
    cargo = shutil.which("cargo")
    if cargo is None:
        sys.exit("the driver is written in Rust: install cargo (https://rustup.rs)")
    manifest = str(HERE / "driver" / "Cargo.toml")
    build = [cargo, "build", "--release", "--quiet", "--locked", "--manifest-path", manifest]
    if subprocess.run(build, check=False).returncode:
        sys.exit("the driver was not built")
    return str(HERE / "driver" / "target" / "release" / "bench-driver")


def _version(python: str) -> str:
    """Return an interpreter's version, once it has shown that it can run the workers."""
    script = f"import platform, {', '.join(NEEDED)}; print(platform.python_version())"
    try:
        done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"cannot run {python}: {error}")
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2]
        sys.exit(f"{python}: {reason}\nIt needs: {python} -m pip install {' '.join(NEEDED)}")
    return done.stdout.strip()


def _measure(driver: str, python: str, contender: Contender, quick: bool) -> dict[str, float]:
    figures: dict[str, float] = {}
    for measurement in contender.measurements:
        figures |= _run(driver, python, contender, measurement, quick)
    return figures


def _run(
    driver: str, python: str, contender: Contender, measurement: Measurement, quick: bool
) -> dict[str, float]:
    """Measure one thing; leave out what is not known on this system."""
    command = (
        *(driver, measurement, "--method", contender.method, "--dialect", contender.dialect),
        *(["--quick"] if quick else []),
        *("--", python, str(HERE / f"{contender.script}.py")),
    )
    where = f"{contender.name}, {measurement}, {python}"
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
            env=environment(),
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"{where}: no figures after {DEADLINE:.0f} s")
    if done.returncode:
        sys.exit(f"{where}: {done.stderr.strip()}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return {name: value for name, value in figures.items() if value is not None}


if __name__ == "__main__":
    main()
