"""Runs the tests on every Python that the project supports and that is found.

On the one whose environment is .venv, all of them. Beside that, on the others in turn, those
that may differ there: what these print comes when the first has ended, so that it stays readable.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO

PYTEST = ("-m", "pytest", "--quiet")


def main() -> int:
    found = subprocess.run(["sh", "tools/pythons"], stdout=subprocess.PIPE, text=True, check=True)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = [v for v in (line.split()[0] for line in found.stdout.splitlines()) if v != own]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed, ThreadPoolExecutor() as threads:
        beside = threads.submit(_test, others, printed)
        print(f"pytest on Python {own}", flush=True)
        first = _run(sys.stdout, sys.executable, *PYTEST)
        rest = beside.result()
        printed.seek(0)
        print(printed.read(), end="", flush=True)
    return first or rest


def _test(versions: list[str], printed: IO[str]) -> int:
    """Test on some Pythons, one after the other; return 0, or the first other exit code."""
    for version in versions:
        print(f"pytest on Python {version}", file=printed, flush=True)
        folder = f".venv-{version}"
        test = (*PYTEST, "-m", "not once", "-o", f"cache_dir=.pytest_cache/{version}")
        code = _run(printed, "make", "--no-print-directory", f"{folder}/.installed")
        code = code or _run(printed, f"{folder}/bin/python", *test)
        if code:
            return code
    return 0


def _run(output: IO[str], *command: str) -> int:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
    )
    return abs(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
