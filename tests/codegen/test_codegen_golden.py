"""Golden cases: each contract in `cases/` and the files that it becomes.

After a change that is meant, write them again, and read the difference:

    .venv/bin/python tests/codegen/test_codegen_golden.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rpc_worker.codegen.files import compare, write
from tests.codegen.golden import CASES, NAMES, plan_of_case


@pytest.mark.parametrize("case", NAMES)
def test_a_contract_becomes_the_expected_files(case: str) -> None:
    expected = CASES / case / "expected"
    found = {
        path.relative_to(expected).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(expected.rglob("*.*"))
    }
    assert plan_of_case(case).files == found


def test_every_folder_is_a_case() -> None:
    folders = {path.name for path in CASES.iterdir() if any(path.glob("*.py"))}
    assert folders == {*NAMES}


@pytest.mark.parametrize("case", NAMES)
def test_the_text_is_tidy(case: str) -> None:
    for name, text in plan_of_case(case).files.items():
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert "\n\n\n" not in text, name
        assert "\t" not in text, name
        assert [line for line in text.splitlines() if line != line.rstrip()] == [], name


def test_the_same_contract_becomes_the_same_text_in_every_process() -> None:
    program = "from tests.codegen.golden import *; print({n: plan_of_case(n).files for n in NAMES})"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=300,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def update() -> None:
    """Write what the cases become now."""
    for case in NAMES:
        folder = CASES / case / "expected"
        files = plan_of_case(case).files
        write(folder, files, compare(folder, files))


if __name__ == "__main__":
    update()
