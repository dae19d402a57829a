"""A host that writes and does not read is pushed back, and loses nothing when it reads again."""

from __future__ import annotations

import os
import pathlib
import select
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

SIZE = 4096
TEXT = "x" * SIZE
HARD = 4 << 20
PIPES = 2 << 20


def fill(worker: Any) -> int:
    """Send requests until the worker reads no more; return how many."""
    fd = worker.input.fileno()
    os.set_blocking(fd, False)
    count = 0
    left = b""
    # A worker that has been asked much is busy; one that takes nothing for this long has stopped.
    while select.select([], [fd], [], 1.0)[1]:
        if not left:
            left = b'{"jsonrpc":"2.0","id":%d,"method":"repeat","params":["%s",1]}\n' % (
                count,
                TEXT.encode(),
            )
            count += 1
        left = left[os.write(fd, left) :]
        assert count * SIZE < 100 * HARD, "the worker takes everything"
    os.set_blocking(fd, True)
    if left:
        worker.rest_of_line = left
    return count


def test_a_host_that_does_not_read_is_pushed_back(start: Callable[..., Any]) -> None:
    worker = start(SMALL="1")
    worker.ready()
    count = fill(worker)
    assert count * SIZE < 2 * HARD + 2 * PIPES
    used = pathlib.Path(f"/proc/{worker.process.pid}/statm").read_text(encoding="utf-8").split()[1]
    assert int(used) * os.sysconf("SC_PAGESIZE") < 100 << 20
    # Read until there is room for the rest of the last request.
    answers = [worker.receive() for _ in range(count - 1)]
    worker.send_bytes(getattr(worker, "rest_of_line", b""))
    answers.append(worker.receive())
    assert sorted(answer["id"] for answer in answers) == [*range(count)]
    assert all(answer["result"] == TEXT for answer in answers)
    assert worker.call("add", 1, 2) == 3
    assert worker.end() == 0


def test_a_host_that_hangs_up_while_it_is_pushed_back_is_noticed(start: Callable[..., Any]) -> None:
    worker = start(SMALL="1", GRACE="0.2")
    worker.ready()
    fill(worker)
    worker.close_input()
    assert worker.wait(5) == 1
    worker.forget_output()


def test_a_signal_ends_a_worker_that_pushes_back(start: Callable[..., Any]) -> None:
    worker = start(SMALL="1", GRACE="0.2")
    worker.ready()
    fill(worker)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 1
    worker.forget_output()


def test_what_waits_when_the_host_hangs_up_arrives_if_it_reads_in_time(
    start: Callable[..., Any],
) -> None:
    worker = start(SMALL="1")
    worker.ready()
    count = fill(worker)
    worker.close_input()
    messages = worker.rest()
    # The last request may have been cut, and is then answered as what cannot be read.
    assert count - 1 <= len(messages) <= count + 1
    assert worker.wait() == 0
