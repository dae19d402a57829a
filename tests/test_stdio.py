"""Readers and writers on descriptors of the test's own; taking 0 and 1 is for the process tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from rpc_worker.stdio.claim import Claim
from rpc_worker.stdio.output import writer_for
from rpc_worker.stdio.reading import AHEAD, CHUNK, PollReader, ThreadReader, start_reading
from rpc_worker.stdio.wire import Wire
from rpc_worker.stdio.writing import MAX_PARTS, PollWriter, ThreadWriter, Writer

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Coroutine, Iterator

DEADLINE = 10.0

LINES = [
    bytes([97 + n % 26]) * size + b"\n" for n, size in enumerate([0, 1, 10, 5000, 300_000] * 9)
]


class Ends:
    """Descriptors of both ends; what is left open is closed after the test."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def pipe(self) -> tuple[int, int]:
        return self._keep(*os.pipe())

    def sockets(self) -> tuple[int, int]:
        ours, theirs = socket.socketpair()
        return self._keep(ours.detach(), theirs.detach())

    def close(self, fd: int) -> None:
        self._open.discard(fd)
        os.close(fd)

    def forget(self, fd: int) -> int:
        """Leave closing to who owns the descriptor now."""
        self._open.discard(fd)
        return fd

    def close_all(self) -> None:
        for fd in [*self._open]:
            with contextlib.suppress(OSError):
                self.close(fd)

    def _keep(self, one: int, other: int) -> tuple[int, int]:
        self._open |= {one, other}
        return one, other


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    ends.close_all()


def run(main: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(main, DEADLINE))


def collect(fd: int, size: int) -> bytes:
    """Read exactly so many bytes, blocking."""
    received = bytearray()
    while len(received) < size:
        chunk = os.read(fd, min(CHUNK, size - len(received)))
        assert chunk, "the output ended"
        received += chunk
    return bytes(received)


def writer_of(ends: Ends, kind: str) -> tuple[Writer, int]:
    """Return a writer, and the host's end."""
    if kind == "socket":
        ours, theirs = ends.sockets()
        return writer_for(ends.forget(ours)), theirs
    read, write = ends.pipe()
    if kind == "thread":
        return ThreadWriter(ends.forget(write)), read
    return writer_for(ends.forget(write)), read


KINDS = ["pipe", "socket", "thread"]


@pytest.mark.parametrize("kind", KINDS)
def test_whole_lines_arrive_in_order_when_the_host_reads_late(ends: Ends, kind: str) -> None:
    async def main() -> None:
        writer, host = writer_of(ends, kind)
        loop = asyncio.get_running_loop()
        writer.attach(loop)
        taken = asyncio.Event()
        writer.on_taken = taken.set
        for line in LINES:
            writer.write(line[: len(line) // 2], line[len(line) // 2 :])
        size = sum(map(len, LINES))
        assert 0 < writer.pending <= size
        received = await loop.run_in_executor(None, collect, host, size)
        while writer.pending:
            taken.clear()
            await taken.wait()
        assert received == b"".join(LINES)
        assert not writer.dropped
        writer.close()

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_more_parts_than_one_call_takes(ends: Ends, kind: str) -> None:
    async def main() -> None:
        writer, host = writer_of(ends, kind)
        loop = asyncio.get_running_loop()
        writer.attach(loop)
        parts = [b"%d\n" % n for n in range(3 * MAX_PARTS)]
        writer.write(*parts)
        expected = b"".join(parts)
        assert await loop.run_in_executor(None, collect, host, len(expected)) == expected
        writer.close()

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_that_closes_its_end_is_told_of_once(ends: Ends, kind: str) -> None:
    async def main() -> None:
        writer, host = writer_of(ends, kind)
        writer.attach(asyncio.get_running_loop())
        broken: asyncio.Queue[bool] = asyncio.Queue()
        writer.on_broken = lambda: broken.put_nowait(writer.dropped)
        ends.close(host)
        writer.write(b"one\n")
        assert await broken.get()
        writer.write(b"two\n")
        assert writer.broken
        assert writer.pending == 0
        await asyncio.sleep(0)
        assert broken.empty()
        writer.close()

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_is_written_without_a_loop_in_bounded_time(ends: Ends, kind: str) -> None:
    writer, host = writer_of(ends, kind)
    writer.write_at_once(b"fatal\n", 5)
    assert collect(host, 6) == b"fatal\n"
    assert not writer.dropped
    writer.close()


def test_a_host_that_does_not_read_does_not_hold_up_a_failed_start(ends: Ends) -> None:
    writer, _host = writer_of(ends, "pipe")
    writer.write_at_once(b"x" * 3_000_000 + b"\n", 0.05)
    assert writer.dropped
    writer.close()


def test_the_inherited_pipe_keeps_its_flags_and_is_grown(ends: Ends) -> None:
    read, write = ends.pipe()
    shared = os.dup(write)
    writer = writer_for(ends.forget(write))
    assert isinstance(writer, PollWriter)
    assert os.get_blocking(shared)
    assert not os.get_blocking(writer.fd)
    assert not os.get_inheritable(writer.fd)
    writer.write(b"x" * 500_000)
    assert writer.pending == 0
    assert len(collect(read, 500_000)) == 500_000
    os.close(shared)
    writer.close()


@pytest.mark.parametrize("where", ["file", "/dev/null"])
def test_a_file_takes_everything_at_once(tmp_path: pathlib.Path, where: str) -> None:
    path = tmp_path / "out" if where == "file" else where
    writer = writer_for(os.open(path, os.O_WRONLY | os.O_CREAT))
    writer.write(*LINES)
    assert writer.pending == 0
    assert not writer.dropped
    writer.close()
    if where == "file":
        assert (tmp_path / "out").read_bytes() == b"".join(LINES)


def test_a_full_disk_breaks_the_output() -> None:
    async def main() -> None:
        writer = writer_for(os.open("/dev/full", os.O_WRONLY))
        writer.attach(asyncio.get_running_loop())
        broken = asyncio.Event()
        writer.on_broken = broken.set
        writer.write(b"line\n")
        await broken.wait()
        assert writer.dropped
        writer.close()

    run(main())


class Chunks:
    """What a reader hands over."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = asyncio.Event()
        self.came = asyncio.Event()

    def receive(self, chunk: bytes) -> None:
        assert len(chunk) <= CHUNK
        self.data += chunk
        self.came.set()


def polled(fd: int, chunks: Chunks) -> PollReader:
    reader = PollReader(fd, asyncio.get_running_loop(), chunks.receive, chunks.ended.set)
    reader.start()
    return reader


def threaded(fd: int, chunks: Chunks) -> ThreadReader:
    reader = ThreadReader(fd, asyncio.get_running_loop(), chunks.receive, chunks.ended.set)
    reader.start()
    return reader


READERS = [polled, threaded]


@pytest.mark.parametrize("make", READERS)
def test_everything_is_read_and_then_its_end(
    ends: Ends, make: Callable[[int, Chunks], PollReader | ThreadReader]
) -> None:
    async def main() -> None:
        read, write = ends.pipe()
        chunks = Chunks()
        make(read, chunks)
        writing = threading.Thread(target=lambda: [os.write(write, line) for line in LINES])
        writing.start()
        expected = b"".join(LINES)
        while len(chunks.data) < len(expected):
            chunks.came.clear()
            await chunks.came.wait()
        writing.join()
        assert chunks.data == expected
        assert not chunks.ended.is_set()
        ends.close(write)
        await chunks.ended.wait()

    run(main())


@pytest.mark.parametrize("make", READERS)
def test_a_paused_reader_lets_the_pipe_push_back(
    ends: Ends, make: Callable[[int, Chunks], PollReader | ThreadReader]
) -> None:
    async def main() -> None:
        read, write = ends.pipe()
        chunks = Chunks()
        reader = make(read, chunks)
        os.write(write, b"first")
        await chunks.came.wait()
        reader.pause()
        reader.pause()
        os.set_blocking(write, False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 100 * CHUNK:
                sent += os.write(write, b"x" * CHUNK)
                # The thread may read a few chunks ahead, in its own time.
                await asyncio.sleep(0)
        assert 0 < sent <= (AHEAD + 2) * CHUNK + CHUNK
        assert chunks.data == b"first"
        reader.resume()
        while len(chunks.data) < sent + 5:
            chunks.came.clear()
            await chunks.came.wait()
        assert chunks.data == b"first" + b"x" * sent
        ends.close(write)
        await chunks.ended.wait()

    run(main())


@pytest.mark.parametrize("where", ["file", "/dev/null"])
def test_what_the_loop_cannot_wait_for_is_read_by_a_thread(
    tmp_path: pathlib.Path, where: str
) -> None:
    async def main() -> None:
        (tmp_path / "in").write_bytes(b"".join(LINES))
        fd = os.open(tmp_path / "in" if where == "file" else where, os.O_RDONLY)
        chunks = Chunks()
        loop = asyncio.get_running_loop()
        reader = start_reading(fd, loop, chunks.receive, chunks.ended.set)
        assert isinstance(reader, ThreadReader)
        await chunks.ended.wait()
        assert chunks.data == (b"".join(LINES) if where == "file" else b"")
        os.close(fd)

    run(main())


class Host:
    """A wire over pipes, and what it tells of its host."""

    def __init__(self, ends: Ends) -> None:
        source, self.stdin = ends.pipe()
        self.stdout, sink = ends.pipe()
        self.wire = Wire(Claim(ends.forget(source), ends.forget(sink), terminal=False))
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.data = bytearray()
        self.wire.output.attach(asyncio.get_running_loop())

    def start(self) -> None:
        self.wire.start(
            self._receive,
            end=lambda: self.told.put_nowait("end"),
            hung_up=lambda: self.told.put_nowait("hung up"),
            gone=lambda: self.told.put_nowait("gone"),
        )

    def _receive(self, chunk: bytes) -> None:
        self.data += chunk
        self.told.put_nowait("data")


def test_an_idle_worker_notices_that_nobody_reads_its_output(ends: Ends) -> None:
    async def main() -> None:
        host = Host(ends)
        host.start()
        ends.close(host.stdout)
        assert await host.told.get() == "gone"
        assert not host.wire.output.dropped
        host.wire.close()

    run(main())


def test_a_paused_worker_notices_that_its_input_will_end(ends: Ends) -> None:
    async def main() -> None:
        host = Host(ends)
        host.start()
        host.wire.pause()
        assert host.wire.paused
        os.write(host.stdin, b"unread")
        ends.close(host.stdin)
        assert await host.told.get() == "hung up"
        assert host.data == b""
        host.wire.resume()
        assert [await host.told.get(), await host.told.get()] == ["data", "end"]
        assert host.data == b"unread"
        host.wire.close()

    run(main())


def test_draining_waits_until_the_host_has_taken_everything(ends: Ends) -> None:
    async def main() -> None:
        host = Host(ends)
        loop = asyncio.get_running_loop()
        host.wire.output.write(b"x" * 3_000_000)
        assert host.wire.output.pending > 0
        reading = loop.run_in_executor(None, collect, host.stdout, 3_000_000)
        assert await host.wire.drain(DEADLINE)
        assert len(await reading) == 3_000_000
        host.wire.close()

    run(main())


def test_draining_gives_up_when_the_time_is_over(ends: Ends) -> None:
    async def main() -> None:
        host = Host(ends)
        host.wire.output.write(b"x" * 3_000_000)
        assert not await host.wire.drain(0.01)
        assert host.wire.output.pending == 0
        host.wire.close()

    run(main())


def test_a_worker_without_stdin_and_stdout_is_told_so_at_once() -> None:
    async def main() -> None:
        wire = Wire(Claim(None, None, terminal=False))
        told: asyncio.Queue[str] = asyncio.Queue()
        wire.start(
            lambda _chunk: None,
            end=lambda: told.put_nowait("end"),
            hung_up=lambda: None,
            gone=lambda: told.put_nowait("gone"),
        )
        assert {await told.get(), await told.get()} == {"end", "gone"}

    run(main())
