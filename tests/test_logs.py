"""What is logged reaches who asked for it, and logging itself does not notice."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from rpc_worker.logs import LEVELS, LONGEST, WAITING, LogFeed
from rpc_worker.stdio import strays

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

DEADLINE = 10.0


class Host:
    """A channel's side of the feed: what was written, and whether there is room for more."""

    def __init__(self) -> None:
        self.has_room = True
        self.records: list[dict[str, Any]] = []
        self.take: Callable[[str], None] | None = None
        self._came = asyncio.Event()
        self.feed = LogFeed(self, asyncio.get_running_loop(), self._divert)

    def write_log(self, params: bytes) -> None:
        self.records.append(json.loads(params))
        self._came.set()

    async def until(self, count: int) -> list[dict[str, Any]]:
        while len(self.records) < count:
            self._came.clear()
            await self._came.wait()
        assert len(self.records) == count
        return self.records

    def _divert(self, take: Callable[[str], None] | None) -> None:
        self.take = take


@contextlib.contextmanager
def untouched() -> Generator[None]:
    """Have logging as the interpreter starts it, without pytest's own handlers."""
    root = logging.getLogger()
    before, level = [*root.handlers], root.level
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    try:
        yield
        assert root.handlers == []
        assert root.level == logging.WARNING
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def run(main: Callable[[Host], Coroutine[object, object, None]]) -> None:
    async def converse() -> None:
        host = Host()
        try:
            await main(host)
        finally:
            host.feed.ask(0)
        assert host.take is None

    with untouched():
        asyncio.run(asyncio.wait_for(converse(), DEADLINE))


def test_levels_are_named_as_in_rfc_5424() -> None:
    async def main(host: Host) -> None:
        host.feed.ask(1)
        numbers = {1: "debug", 29: "notice", 1000: "emergency"} | {n: k for k, n in LEVELS.items()}
        for number in numbers:
            logging.getLogger("app").log(number, "%d", number)
        records = await host.until(len(numbers))
        assert records == [
            {"level": name, "logger": "app", "message": str(number)}
            for number, name in numbers.items()
        ]

    run(main)


def test_only_what_was_asked_for_is_sent_and_only_while_it_is() -> None:
    async def main(host: Host) -> None:
        log = logging.getLogger("app")
        log.error("before")
        host.feed.ask(logging.INFO)
        log.debug("below")
        log.info("one")
        await host.until(1)
        host.feed.ask(logging.ERROR)
        log.warning("below now")
        log.error("two")
        await host.until(2)
        log.error("still waits for the loop")
        host.feed.ask(0)
        log.error("after")
        await asyncio.sleep(0)
        assert [record["message"] for record in host.records] == ["one", "two"]

    run(main)


def test_an_exception_comes_with_its_traceback() -> None:
    async def main(host: Host) -> None:
        host.feed.ask(logging.ERROR)
        try:
            int("no")
        except ValueError:
            logging.getLogger("app").exception("failed")
        (record,) = await host.until(1)
        assert record["message"].startswith("failed\nTraceback (most recent call last):\n")
        assert "\nValueError: " in record["message"]

    run(main)


class _Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


class _Chatty:
    def __str__(self) -> str:
        logging.getLogger("app").error("%s", self)
        return "chatty"


@pytest.mark.parametrize(
    ("logged", "message"),
    [
        ("\ud800", "?"),
        ("x" * (LONGEST + 1), "x" * LONGEST + f"… ({LONGEST + 1} characters)"),
        (_Unprintable(), f"a record that cannot be shown: RuntimeError, in {__file__}"),
        (_Chatty(), "chatty"),
    ],
    ids=["lone surrogate", "long", "unprintable", "logs itself when shown"],
)
def test_whatever_is_logged_arrives(logged: object, message: str) -> None:
    async def main(host: Host) -> None:
        host.feed.ask(logging.ERROR)
        logging.getLogger().addHandler(null := logging.NullHandler())
        logging.getLogger("app").error("%s", logged)
        logging.getLogger().removeHandler(null)
        (record,) = await host.until(1)
        assert record["message"] == message

    run(main)


def test_records_of_threads_come_in_each_ones_order() -> None:
    async def main(host: Host) -> None:
        host.feed.ask(logging.INFO)

        def say(name: str) -> None:
            for n in range(50):
                logging.getLogger(name).info("%d", n)

        threads = [threading.Thread(target=say, args=(str(n),)) for n in range(4)]
        for thread in threads:
            thread.start()
        records = await host.until(200)
        for thread in threads:
            thread.join()
        for n in range(4):
            own = [record["message"] for record in records if record["logger"] == str(n)]
            assert own == [str(n) for n in range(50)]

    run(main)


def test_records_are_dropped_while_the_host_does_not_read_and_then_counted() -> None:
    async def main(host: Host) -> None:
        host.feed.ask(logging.INFO)
        host.has_room = False
        for n in range(3):
            logging.getLogger("app").info("%d", n)
        await asyncio.sleep(0)
        host.has_room = True
        host.feed.flush()
        assert await host.until(1) == [
            {
                "level": "warning",
                "logger": "rpc_worker.logs",
                "message": "3 log records were dropped: more came than were taken",
            }
        ]
        host.feed.flush()
        await host.until(1)

    run(main)


def test_a_loop_that_is_blocked_holds_a_bounded_number() -> None:
    async def main(host: Host) -> None:
        host.feed.ask(logging.INFO)
        for n in range(WAITING + 7):
            logging.getLogger("app").info("%d", n)
        records = await host.until(WAITING + 1)
        assert records[-1]["message"].startswith("7 log records were dropped")

    run(main)


def test_without_a_handler_warnings_go_to_stderr_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(host: Host) -> None:
        errors = io.StringIO()
        monkeypatch.setattr(sys, "stderr", errors)
        host.feed.ask(logging.DEBUG)
        logging.getLogger("app").info("told to the host alone")
        logging.getLogger("app").warning("told to both")
        await host.until(2)
        assert errors.getvalue() == "told to both\n"

    run(main)


@pytest.mark.parametrize(
    ("root", "own", "shown"),
    [
        (logging.WARNING, logging.NOTSET, ["warning"]),
        (logging.ERROR, logging.NOTSET, []),
        (logging.WARNING, logging.INFO, ["info", "warning"]),
        (logging.DEBUG, logging.NOTSET, ["debug", "info", "warning"]),
    ],
    ids=["by default", "only errors", "a logger with a level of its own", "everything"],
)
def test_the_users_handlers_see_what_they_saw_before(root: int, own: int, shown: list[str]) -> None:
    """Although the root logger's level is lowered to what the host asked for."""

    async def main(host: Host) -> None:
        text = io.StringIO()
        handler = logging.StreamHandler(text)
        logger = logging.getLogger("app.part")
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(root)
        logger.setLevel(own)
        host.feed.ask(logging.DEBUG)
        logger.debug("debug")
        logger.info("info")
        logger.warning("warning")
        host.feed.ask(0)
        assert logging.getLogger().level == root
        assert handler.filters == []
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
        logger.setLevel(logging.NOTSET)
        assert text.getvalue().splitlines() == shown

    run(main)


def test_a_level_that_the_user_sets_meanwhile_stays() -> None:
    async def main(host: Host) -> None:
        host.feed.ask(logging.DEBUG)
        logging.getLogger().setLevel(logging.CRITICAL)
        host.feed.ask(0)
        assert logging.getLogger().level == logging.CRITICAL
        logging.getLogger().setLevel(logging.WARNING)

    run(main)


def test_strays_are_asked_for_with_info_and_below() -> None:
    async def main(host: Host) -> None:
        for level, asked in [(30, False), (20, True), (10, True), (40, False), (20, True)]:
            host.feed.ask(level)
            assert (host.take is not None) == asked, level
        assert host.take is not None
        host.take("text")
        assert await host.until(1) == [
            {"level": "info", "logger": "stdout", "message": "text", "stream": "stdout"}
        ]

    run(main)


# ------------------------------------------------------------- text that strays to descriptor 1

DIVERTED = """
import os, subprocess, sys, threading
from rpc_worker.stdio.strays import LONGEST, Strays

os.dup2(2, 1)
lines, came = [], threading.Condition()
def take(line):
    with came:
        lines.append(line)
        came.notify()
def until(count):
    with came:
        assert came.wait_for(lambda: len(lines) >= count, 10)
strays = Strays.start(take)
assert strays is not None
{body}
os.write(2, f"{{lines}}\\n".encode())
"""


def divert(body: str) -> str:
    """Run a program with its strays shown; return what was on its stderr."""
    done = subprocess.run(
        [sys.executable, "-c", DIVERTED.format(body=body)],
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stdout == b""
    assert done.returncode == 0, done.stderr
    return done.stderr.decode("utf-8", "replace")


needs_pipes = pytest.mark.skipif(
    sys.platform == "win32", reason="pipes cannot be waited for together there"
)


@needs_pipes
@pytest.mark.process
@pytest.mark.parametrize(
    ("body", "stderr"),
    [
        (
            "os.write(1, b'a\\ntw'); os.write(1, b'o\\r\\n\\n\\xff\\n'); until(3); strays.close()",
            "a\ntwo\r\n\n\ufffd\n['a', 'two', '\ufffd']\n",
        ),
        (
            "os.system('echo of a child'); until(1); strays.close()",
            "of a child\n['of a child']\n",
        ),
        (
            "strays.close(); os.write(1, b'after\\n')",
            "after\n[]\n",
        ),
        (
            "strays.stop(); a = Strays.start(take); os.write(1, b'x\\n'); until(1); a.close()",
            "x\n['x']\n",
        ),
        (
            "os.dup2(os.open(os.devnull, os.O_WRONLY), 1); strays.close(); os.write(1, b'lost')",
            "[]\n",
        ),
        (
            "strays.close(); os.dup2(0, 1); assert Strays.start(take) is None",
            "[]\n",
        ),
    ],
    ids=["lines", "child", "back to stderr", "twice", "redirected since", "redirected before"],
)
def test_strays_go_to_stderr_and_are_shown(body: str, stderr: str) -> None:
    assert divert(body) == stderr


@needs_pipes
@pytest.mark.process
def test_a_line_that_does_not_end_comes_in_pieces() -> None:
    body = """
for _ in range(5): os.write(1, b"x" * LONGEST)
until(4)
strays.close()
lines = [max(map(len, lines)) <= LONGEST]
"""
    assert divert(body) == "x" * 5 * strays.LONGEST + "[True]\n"


@needs_pipes
@pytest.mark.process
def test_nothing_is_lost_at_the_end_and_a_child_that_holds_the_pipe_holds_up_nobody() -> None:
    body = """
child = subprocess.Popen(["sleep", "600"])
os.write(1, b"y" * 60000)
strays.close()
assert strays.emptied
child.kill()
child.wait()
lines.clear()
"""
    assert divert(body) == "y" * 60000 + "[]\n"


@needs_pipes
@pytest.mark.process
def test_shown_strays_leave_no_descriptor_behind() -> None:
    body = """
count = len(os.listdir("/dev/fd")) - 3
strays.close()
for thread in threading.enumerate():
    if thread.name == "rpc-worker strays":
        thread.join()
lines = [count - len(os.listdir("/dev/fd"))]
"""
    assert os.path.isdir("/dev/fd")  # noqa: PTH112 - no path of a file
    assert divert(body) == "[0]\n"
