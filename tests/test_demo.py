"""The demo: its files are the file system's, and its tour goes through."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from rpc_worker import Event, Progress, RpcError
from rpc_worker.calls import CURRENT
from tests.pages import CHECKOUT, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.executors import Call

DEMO: Final = CHECKOUT / "examples" / "demo"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return the demo's `Files`, with the test's folder as the current one."""
    monkeypatch.setattr(sys, "path", [str(DEMO), *sys.path])
    monkeypatch.chdir(tmp_path)
    return importlib.import_module("files").Files()


@pytest.fixture(autouse=True)
def call() -> Iterator[SimpleNamespace]:
    """Return what the methods see of the call that they serve."""
    call = SimpleNamespace(cancelled=False)
    token = CURRENT.set(cast("Call", call))
    yield call
    CURRENT.reset(token)


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
        ("checksum", [".", Progress(print)], (4005, ".")),
        ("checksum", ["none", Progress(print)], (4004, "none")),
        ("count", ["none", print], (4004, "none")),
        ("count", ["text", print], (4006, "text")),
    ],
)
def test_errors_are_the_declared_ones(
    files: Any, tmp_path: Path, method: str, arguments: list[Any], expected: tuple[int, str]
) -> None:
    (tmp_path / "text").write_text("x")
    (tmp_path / "binary").write_bytes(b"ab\xff")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RpcError) as found:
        # A stream fails at its first item.
        list(getattr(files, method)(*arguments))
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
    found = list(files.search(".", "needle"))
    # The emoji is two of JavaScript's units.
    assert [(m.path, m.line, m.span) for m in found] == [
        ("b.txt", 2, (5, 11)),
        ("b.txt", 3, (0, 6)),
        ("long", 1, (100, 106)),
        ("z/c.py", 1, (2, 8)),
    ]
    assert len(found[2].text) == 200
    assert [m.path for m in files.search(".", "needle", glob="*.py")] == ["z/c.py"]
    assert list(files.search(".", "needle", glob="*.py", case_sensitive=True)) == []
    assert len(list(files.search(".", "needle", limit=1))) == 1
    assert list(files.search(".", "needle", limit=0)) == []


def test_a_search_that_is_left_ends(
    files: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "f").write_text("needle\n" * 10)
    caplog.set_level("INFO")
    found = files.search(".", "needle")
    assert [next(found).line, next(found).line] == [1, 2]
    assert caplog.messages == []
    found.close()
    assert caplog.messages == ["search closed after 2 matches"]


def test_checksum(files: Any, tmp_path: Path) -> None:
    content = b"abc" * 1_000_000
    (tmp_path / "f").write_bytes(content)
    for algorithm in ("sha256", "md5"):
        seen: list[float] = []
        expected = hashlib.new(algorithm, content).hexdigest()
        assert files.checksum("f", Progress(seen.append), algorithm=algorithm) == expected
        assert seen == sorted(seen)
        assert (len(seen), seen[-1]) == (3, 1.0)
    (tmp_path / "empty").touch()
    assert files.checksum("empty", Progress(print)) == hashlib.sha256().hexdigest()


def test_a_checksum_that_is_cancelled_ends_between_two_blocks(
    files: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, call: SimpleNamespace
) -> None:
    (tmp_path / "f").write_bytes(bytes(5 << 20))
    caplog.set_level("INFO")
    seen: list[float] = []

    def cancel_at_the_second(done: float) -> None:
        seen.append(done)
        call.cancelled = len(seen) == 2

    files.checksum("f", Progress(cancel_at_the_second))
    assert seen == [0.2, 0.4]
    assert caplog.messages == ["checksum cancelled after 2 MiB"]


def test_count_tells_each_directory(files: Any, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("x", "a/y", "a/b/z"):
        (tmp_path / name).touch()
    told: list[str] = []
    assert files.count(".", told.append) == 3
    assert [Path(path) for path in told] == [Path(), Path("a"), Path("a/b")]


def test_tail_begins_with_the_last_lines_and_goes_on(files: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\nthree\n")

    async def follow() -> list[str]:
        lines = files.tail("log", lines=2)
        seen = [await anext(lines), await anext(lines)]
        with log.open("a") as file:
            file.write("four\nfi")
            file.flush()
            seen.append(await anext(lines))
            file.write("ve\n")
        seen.append(await anext(lines))
        await lines.aclose()
        return seen

    assert asyncio.run(asyncio.wait_for(follow(), 30)) == ["two", "three", "four", "five"]


def test_delete_all_asks_for_each_file_and_tells_everybody(files: Any, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    told: list[tuple[str, str]] = []

    async def send(change: Any, to: str | None) -> None:
        assert to is None
        told.append((change.path, change.kind))

    async def ask(path: str) -> bool:
        return path != "b"

    files.changed = Event[Any]()
    files.changed.bind(send)
    assert asyncio.run(files.delete_all(["a", "b", "c"], ask)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert told == [("a", "deleted"), ("c", "deleted")]


# ----------------------------------------------------------------------------------- the tour

TITLES: Final = (
    *("a call", "typed", "an error", "a stream", "progress", "cancelled"),
    *("asked", "an event", "a batch", "speed"),
)


@pytest.fixture(scope="module")
def tour() -> list[str]:
    """Return the lines of `make demo`."""
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
    return done.stdout[done.stdout.index(" rpc-worker:") :].splitlines()


@pytest.fixture
def shown(tour: list[str], title: str) -> list[str]:
    """Return what is shown of one part, below its code."""
    begin = next(i for i, line in enumerate(tour) if line.startswith(f" {title.ljust(9)} "))
    return [line.strip() for line in tour[begin + 1 : tour.index("", begin)]]


@pytest.mark.process
def test_the_tour_fits_one_screen(tour: list[str]) -> None:
    titles = [line[1:10].strip() for line in tour if line[1:2].strip()]
    assert tuple(titles[2:-1]) == TITLES
    assert len(tour) <= 45
    assert max(map(len, tour)) <= 100


@pytest.mark.process
@pytest.mark.parametrize("title", ["a call"])
def test_the_tour_calls(shown: list[str]) -> None:
    (line,) = shown
    found = re.fullmatch(r"(CPython [\d.]+) on (\w+) \((\w+)\), process (\d+)", line)
    assert found is not None
    assert found.group(2, 3) == (sys.platform, platform.machine())


@pytest.mark.process
@pytest.mark.parametrize("title", ["typed"])
def test_the_tour_tells_a_file_from_a_directory(shown: list[str]) -> None:
    assert shown == [f"a file of {(CHECKOUT / 'README.md').stat().st_size} bytes"]


@pytest.mark.process
@pytest.mark.parametrize("title", ["an error"])
def test_the_tour_shows_a_declared_error(shown: list[str]) -> None:
    message, data = shown[0].split("   data: ")
    assert message == "NotFound 4004: There is nothing at this path."
    assert json.loads(data) == {"path": "no/such/file"}


@pytest.mark.process
@pytest.mark.parametrize("title", ["a stream"])
def test_the_tour_leaves_a_stream_early_and_its_generator_ends(shown: list[str]) -> None:
    *matches, left = shown
    assert len(matches) == 3
    for match in matches:
        name, number, text = re.split(r":(?=\d)| +", match, maxsplit=2)
        (source,) = CHECKOUT.glob(f"rpc_worker/{name}")
        line = source.read_text(encoding="utf-8").splitlines()[int(number) - 1]
        # Cut between words, and marked as cut.
        kept = text.removeprefix("… ").removesuffix(" …")
        assert f" {kept} " in f" {line} "
        assert "protocol, section" in kept
        assert text.startswith("…") != line.strip().startswith(kept)
        assert text.endswith("…") != line.endswith(kept)
    found = re.fullmatch(r"left after 3; the worker logs: search closed after (\d+) matches", left)
    assert found is not None
    # It runs ahead of the window, as far as one message, and not to the end.
    sources = (CHECKOUT / "rpc_worker").glob("**/*.py")
    every = sum(source.read_text(encoding="utf-8").count("protocol, section") for source in sources)
    assert 3 <= int(found[1]) < every


@pytest.mark.process
@pytest.mark.parametrize("title", ["progress"])
def test_the_tour_shows_every_step_of_a_checksum(shown: list[str]) -> None:
    steps = " ".join(f"{ten * 10} %" for ten in range(1, 11))
    digest = hashlib.sha256(bytes(256 << 20)).hexdigest()
    assert shown == [f"{steps}   sha256 {digest[:12]}…"]


@posix
@pytest.mark.process
@pytest.mark.usefixtures("tour")
def test_the_tour_draws_a_bar_that_grows_in_a_terminal() -> None:
    terminal, inner = os.openpty()
    command = ["node", "examples/demo/build/tour.mjs"]
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment(), stdout=inner) as shown:
        os.close(inner)
        printed = read_to_end(terminal)
    assert shown.returncode == 0, printed
    bars = re.findall(r"\r +(█*)\x1b\[2m(░*)\x1b\[0m +(\d+) %", printed)
    # A step for each MiB.
    assert len(bars) == 256
    widths = [len(full) for full, _empty, _done in bars]
    assert widths == sorted(widths)
    assert {len(full) + len(empty) for full, empty, _done in bars} == {40}
    assert (widths[0], widths[-1], bars[-1][2]) == (0, 40, "100")


def read_to_end(terminal: int) -> str:
    """Return what a terminal shows until nobody writes to it any more."""
    chunks: list[bytes] = []
    # On Linux, the end of a terminal is an error; elsewhere it is an end of file.
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 65536):
            chunks.append(chunk)
    os.close(terminal)
    return b"".join(chunks).decode()


@pytest.mark.process
@pytest.mark.parametrize("title", ["cancelled"])
def test_the_tour_cancels_and_the_worker_stops_reading(shown: list[str]) -> None:
    found = re.fullmatch(
        r"AbortError \d+\.\d ms after abort\(\); "
        r"the worker logs: checksum cancelled after (\d+) MiB",
        shown[0],
    )
    assert found is not None
    assert 1 <= int(found[1]) < 4096


@pytest.mark.process
@pytest.mark.parametrize("title", ["asked"])
def test_the_tour_is_asked_by_the_worker(shown: list[str]) -> None:
    assert shown == [
        "Which files are to be deleted? The window answers: one.txt, two.txt",
        "Delete 2 files? The window answers: yes",
        "2 files deleted",
    ]


@pytest.mark.process
@pytest.mark.parametrize("title", ["an event"])
def test_the_tour_hears_of_what_was_deleted(shown: list[str]) -> None:
    assert shown == ["one.txt deleted, two.txt deleted"]


@pytest.mark.process
@pytest.mark.parametrize("title", ["a batch"])
def test_the_tour_sends_a_batch(shown: list[str]) -> None:
    assert shown == ['3, "…", a directory   (one line there, one line back)']


@pytest.mark.process
@pytest.mark.parametrize("title", ["speed"])
def test_the_tour_measures(shown: list[str]) -> None:
    alone, together = shown
    assert re.fullmatch(r"one at a time: [1-9]\d* µs \(median of 500\)", alone)
    assert re.fullmatch(r"1,000 at once: [1-9]\d* ms", together)
