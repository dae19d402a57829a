"""The benchmarks work: each figure is produced, and a worker that answers wrongly gets none.

Nothing here looks at how fast anything is.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

pytestmark = pytest.mark.process

DEADLINE: Final = 120.0
BENCHMARKS: Final = Path(__file__).parents[1] / "benchmarks"
FLOOR: Final = str(BENCHMARKS / "floor_py.py")
OURS: Final = str(BENCHMARKS / "worker.py")

CALLS: Final = ["latency_us", "latency_p99_us", "rate_64", "rate_1024"]
FLIGHT: Final = [f"flight_us_{count}" for count in (1, 10, 100, 1_000, 10_000, 100_000)]


@pytest.fixture(scope="session")
def driver() -> str:
    cargo = shutil.which("cargo")
    assert cargo is not None, "the driver is written in Rust: install cargo (https://rustup.rs)"
    manifest = str(BENCHMARKS / "driver" / "Cargo.toml")
    build = [cargo, "build", "--release", "--quiet", "--locked", "--manifest-path", manifest]
    subprocess.run(build, check=True, timeout=300)
    suffix = ".exe" if sys.platform == "win32" else ""
    return str(BENCHMARKS / "driver" / "target" / "release" / f"bench-driver{suffix}")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)


@pytest.mark.parametrize(
    ("measurement", "names"),
    [
        ("calls", CALLS),
        ("flight", [*FLIGHT, "flight_peak_mb"]),
        ("echo", ["echo_mib_s"]),
        ("start", ["start_ms", "start_rss_mb", "start_peak_mb"]),
        ("stream", ["stream_items_s"]),
    ],
)
def test_the_driver_gives_every_figure(driver: str, measurement: str, names: list[str]) -> None:
    # The floor has no streams.
    worker = ["--method", "count", "--", sys.executable, OURS]
    if measurement != "stream":
        worker = ["--", sys.executable, FLOOR]
    done = run(driver, measurement, "--quick", *worker)
    assert (done.returncode, done.stderr) == (0, "")
    figures: dict[str, Any] = json.loads(done.stdout)
    assert list(figures) == names
    for name, value in figures.items():
        if name.endswith("_mb") and sys.platform != "linux":
            assert value is None, name
        else:
            assert value > 0, name


@pytest.mark.parametrize("dialect", ["kkrpc0", "kkrpc2"])
def test_the_driver_measures_a_worker_as_kkrpc_calls_it(driver: str, dialect: str) -> None:
    done = run(driver, "calls", "--quick", "--dialect", dialect, "--", sys.executable, OURS)
    assert (done.returncode, done.stderr) == (0, "")
    figures: dict[str, Any] = json.loads(done.stdout)
    assert list(figures) == CALLS
    # The floor knows JSON-RPC only.
    assert run(driver, "calls", "--quick", "--dialect", dialect, "--", sys.executable, FLOOR).stderr


# Says the same, whatever it is asked.
PARROT: Final = "import sys; [print(sys.argv[1], flush=True) for line in sys.stdin]"

# Answers rightly, and once more at its end.
LATECOMER: Final = """
import json, sys
for line in sys.stdin:
    number = json.loads(line)["id"]
    print(json.dumps({"id": number, "result": number + 0.5}), flush=True)
print('{"id":0,"result":0.5}')
"""


@pytest.mark.parametrize(
    ("worker", "mistake"),
    [
        ([PARROT, '{"id":0,"result":1}'], "a wrong result"),
        ([PARROT, '{"id":0,"error":{"code":-32603}}'], "a wrong result"),
        ([PARROT, '{"id":"0","result":0.5}'], "an answer to no call that waits"),
        ([PARROT, '{"id":0,"result":0.5}\n{"id":0,"result":0.5}'], "an answer to no call"),
        ([LATECOMER], "an answer to no call that waits"),
        ([PARROT, "hello"], "neither an answer nor a notification"),
        (["pass"], "the worker closed its stdout while calls were in flight"),
        ([f"{LATECOMER}sys.exit(3)"], "the worker ended with exit status: 3"),
    ],
)
def test_a_wrong_answer_gives_no_figures(driver: str, worker: list[str], mistake: str) -> None:
    done = run(driver, "calls", "--quick", "--", sys.executable, "-c", *worker)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bench-driver: ")
    assert mistake in done.stderr


def test_a_worker_that_cannot_start_gives_no_figures(driver: str) -> None:
    done = run(driver, "start", "--", "no-such-program")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot start no-such-program" in done.stderr


def test_the_tables_hold_every_figure(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    begin, end = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
    document.write_text(f"# Before\n{begin}\nold\n{end}\nbehind\n")
    done = run(sys.executable, str(BENCHMARKS / "run.py"), "--quick", "--markdown", str(document))
    assert done.returncode == 0, done.stderr
    text = document.read_text()
    assert text.startswith(f"# Before\n{begin}\n")
    assert text.endswith(f"{end}\nbehind\n")
    assert "old" not in text
    assert text.split(begin)[1].split(end)[0].strip() == done.stdout.strip()

    # By heading: how many rows, and how many of their cells are empty (a measurement that a
    # contender does not take part in).
    tables = [_cells(table) for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    comparison, targets, flight = tables
    assert [len(table) for table in tables] == [9, 17, 3]
    assert [row.count("-") for row in comparison] == [1, 1, 4, 4, 4, 7, 4, 4, 1]
    assert all(row[2] != "-" for row in targets)
    assert all("-" not in row for row in flight)


def test_the_table_of_a_large_contract_holds_every_figure(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    begin, end = "<!-- bench-codegen: begin -->", "<!-- bench-codegen: end -->"
    document.write_text(f"# Before\n{begin}\nold\n{end}\nbehind\n")
    command = (str(BENCHMARKS / "generate.py"), "--quick", "--markdown", str(document))
    done = run(sys.executable, *command)
    assert done.returncode == 0, done.stderr
    text = document.read_text()
    assert text.startswith(f"# Before\n{begin}\n")
    assert text.endswith(f"{end}\nbehind\n")
    assert "old" not in text
    assert text.split(begin)[1].split(end)[0].strip() == done.stdout.strip()

    heading, _rule, *rows = re.findall(r"^\|.*$", text, re.MULTILINE)
    assert heading == "|  | 2 methods | 30 methods |"
    assert len(rows) == 16
    # The smallest contract has no errors and no enumerations; all else is there for both.
    without = [row for row in rows if " 0.0 |" in row]
    assert [row.split("`")[1] for row in without] == ["studio.types.js"]


def test_a_large_contract_has_as_many_methods_as_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    texts = importlib.import_module("large_contract").texts
    assert texts(500) == texts(500)
    for methods in (2, 3, 22, 500):
        folder = tmp_path / str(methods)
        folder.mkdir()
        (folder / "api.py").write_text(texts(methods).api)
        (folder / "worker.py").write_text(texts(methods).worker)
        program = "import worker; worker.main()"
        asked = '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n'
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)},
            input=asked,
            capture_output=True,
            text=True,
            check=True,
            timeout=DEADLINE,
        )
        document = json.loads(done.stdout.splitlines()[1])["result"]
        names = [method["name"] for method in document["methods"]]
        own = [name for name in names if not name.startswith(("rpc.", "system."))]
        assert len(own) == methods
        assert len({name.partition(".")[0] for name in own if "." in name}) == -(
            -(methods - 2) // 20
        )
    with pytest.raises(ValueError, match="there are types for 502 methods at most"):
        texts(503)


def _cells(table: str) -> list[list[str]]:
    _heading, _rule, *rows = table.splitlines()
    return [row.strip("| ").split(" | ") for row in rows]


def test_an_interpreter_that_lacks_what_the_workers_need_is_told_so() -> None:
    done = run(sys.executable, str(BENCHMARKS / "run.py"), "--python", "no-such-python")
    assert done.returncode == 1
    assert "cannot run no-such-python" in done.stderr
