"""The demo: its files are the file system's, and its tour goes through."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from rpc_worker import RpcError
from tests.pages import CHECKOUT, environment

if TYPE_CHECKING:
    from pathlib import Path

DEMO: Final = CHECKOUT / "examples" / "demo"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return the demo's `Files`, with the test's folder as the current one."""
    monkeypatch.setattr(sys, "path", [str(DEMO), *sys.path])
    monkeypatch.chdir(tmp_path)
    return importlib.import_module("files").Files()


def error(found: pytest.ExceptionInfo[RpcError]) -> tuple[int, Any]:
    """Return the code, and of a declared error the path that it is about."""
    return int(found.value.code), vars(found.value).get("path", found.value.data)


def test_list_has_directories_first_and_hidden_names_on_request(files: Any, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"12345")
    (tmp_path / "a").mkdir()
    (tmp_path / "A.txt").touch()
    (tmp_path / ".git").mkdir()
    found = [(entry.name, entry.kind.value, entry.size) for entry in files.list(".")]
    assert found == [("a", "directory", 0), ("A.txt", "file", 0), ("b.txt", "file", 5)]
    assert next(entry.name for entry in files.list(".", hidden=True)) == ".git"


@posix
def test_stat_tells_what_is_there(files: Any, tmp_path: Path) -> None:
    (tmp_path / "run").touch(mode=0o755)
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    kinds = [type(files.stat(name)).__name__ for name in ("run", ".", "link", "pipe")]
    assert kinds == ["File", "Directory", "Symlink", "Other"]
    assert files.stat("run").executable is True
    assert files.stat(".").entries == 3
    assert files.stat("link").target == "nowhere"


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        (b"one\r\ntwo\rthree\n", {}, "one\ntwo\nthree\n"),
        (b"caf\xc3\xa9", {}, "café"),
        (b"caf\xc3\xa9", {"max_bytes": 4}, "caf"),
        (b"caf\xe9", {"encoding": "latin-1"}, "café"),
        (b"", {"max_bytes": -1}, ""),
    ],
)
def test_read_text(
    files: Any, tmp_path: Path, data: bytes, options: dict[str, Any], expected: str
) -> None:
    (tmp_path / "f").write_bytes(data)
    assert files.read_text("f", **options) == expected


@posix
@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("stat", ["none"], (4004, "none")),
        ("stat", ["text/below"], (4004, "text/below")),
        ("stat", ["a\0b"], (4004, "a\0b")),
        ("list", ["none"], (4004, "none")),
        ("list", ["text"], (4006, "text")),
        ("search", ["none", "x"], (4004, "none")),
        ("search", ["text", "x"], (4006, "text")),
        ("read_text", ["."], (4005, ".")),
        ("read_text", ["pipe"], (4005, "pipe")),
        ("read_text", ["binary"], (4007, "binary")),
        ("checksum", ["."], (4005, ".")),
        ("checksum", ["none"], (4004, "none")),
    ],
)
def test_errors_are_the_declared_ones(
    files: Any, tmp_path: Path, method: str, arguments: list[str], expected: tuple[int, str]
) -> None:
    (tmp_path / "text").write_text("x")
    (tmp_path / "binary").write_bytes(b"ab\xff")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RpcError) as found:
        getattr(files, method)(*arguments)
    assert error(found) == expected


def test_an_encoding_that_does_not_exist_is_named(files: Any, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    for encoding in ("utf-9", "base64"):
        with pytest.raises(RpcError, match="no text encoding") as found:
            files.read_text("f", encoding=encoding)
        assert error(found) == (-32000, {"encoding": encoding})


def test_search(files: Any, tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.txt").write_text("needle")
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "c.py").write_text("# Needle\n")
    (tmp_path / "b.txt").write_text("no\n\U0001f600 a needle\nneedle", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"needle\n\xff")
    (tmp_path / "long").write_text("x" * 5_000 + "needle" + "y" * 5_000)
    found = files.search(".", "needle")
    # The emoji is two of JavaScript's units.
    assert [(m.path, m.line, m.span) for m in found] == [
        ("b.txt", 2, (5, 11)),
        ("b.txt", 3, (0, 6)),
        ("long", 1, (100, 106)),
        ("z/c.py", 1, (2, 8)),
    ]
    assert len(found[2].text) == 200
    assert [m.path for m in files.search(".", "needle", glob="*.py")] == ["z/c.py"]
    assert files.search(".", "needle", glob="*.py", case_sensitive=True) == []
    assert len(files.search(".", "needle", limit=1)) == 1
    assert files.search(".", "needle", limit=0) == []


def test_checksum(files: Any, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc" * 100_000)
    for algorithm in ("sha256", "md5"):
        expected = hashlib.new(algorithm, b"abc" * 100_000).hexdigest()
        assert files.checksum("f", algorithm=algorithm) == expected


@pytest.mark.process
def test_the_tour_fits_one_screen() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "demo"],
        cwd=CHECKOUT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    tour = done.stdout[done.stdout.index(" rpc-worker:") :].splitlines()
    titles = [line[1:10].strip() for line in tour if line[1:2].strip()]
    assert titles[2:-1] == ["a call", "typed", "an error", "by name", "a batch", "speed"]
    found = [m.groups() for line in tour if (m := re.match(r" +(\w+\.py):(\d+) +(.+)$", line))]
    assert len(found) == 4
    for name, number, shown in found:
        source = CHECKOUT / "rpc_worker" / name
        line = source.read_text(encoding="utf-8").splitlines()[int(number) - 1]
        # Cut between words, and marked as cut.
        kept = shown.removeprefix("… ").removesuffix(" …")
        assert f" {kept} " in f" {line} "
        assert shown.startswith("…") != line.strip().startswith(kept)
        assert shown.endswith("…") != line.endswith(kept)
    assert len(tour) <= 30
    assert max(map(len, tour)) <= 100
