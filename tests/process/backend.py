"""The worker that the process tests start: one method for each thing that a handler may do."""

# ruff: noqa: T201 - what is printed here strays on purpose

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator  # noqa: TC003 - its annotations are read at run time
from typing import Any, Protocol

import rpc_worker


class Page(Protocol):
    async def confirm(self, question: str) -> bool: ...


class Backend:
    changed: rpc_worker.Event[str]

    async def add(self, a: float, b: float) -> float:
        return a + b

    async def repeat(self, text: str, times: int) -> str:
        return text * times

    async def group(self) -> list[int]:
        return [os.getpid(), os.getpgrp(), os.getppid()]

    # The whole conversation.

    async def ask(self, question: str) -> bool:
        return await rpc_worker.caller(Page).confirm(question)

    def ask_in_thread(self, question: str) -> bool:
        # In a thread the call blocks, which its type does not say.
        answer: Any = rpc_worker.caller(Page).confirm(question)
        return bool(answer)

    async def change(self, value: str) -> None:
        await self.changed.emit(value)

    async def count(self) -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(600)
        finally:
            _tell("left the stream")

    async def state(self) -> Any:
        return rpc_worker.current_call().state

    # B3: text that strays to stdout, in every way there is.

    def stray(self, how: str) -> str:
        text = f"stray by {how} é"
        match how:
            case "print":
                print(text)
            case "__stdout__":
                print(text, file=sys.__stdout__)
            case "buffer":
                sys.stdout.buffer.write(f"{text}\n".encode())
                sys.stdout.buffer.flush()
            case "os.write":
                os.write(1, f"{text}\n".encode())
            case "printf":
                libc = ctypes.CDLL(None)
                libc.printf(f"{text}\n".encode())
                libc.fflush(None)
            case "logging":
                handler = logging.StreamHandler(sys.stdout)
                handler.emit(logging.makeLogRecord({"msg": text}))
            case "child":
                subprocess.run(["echo", text], check=True)
            case "system":
                os.system(f"echo '{text}'")  # pyright: ignore[reportDeprecated] - people do it
            case "stderr":
                print(text, file=sys.stderr)
            case _:
                raise ValueError(how)
        return how

    # B4: the protocol's bytes are nobody else's.

    def read_stdin(self, how: str) -> str:
        match how:
            case "sys":
                return sys.stdin.read()
            case "__sys__":
                return "" if sys.__stdin__ is None else sys.__stdin__.read()
            case "fd":
                return os.read(0, 100).decode()
            case "input":
                try:
                    return input()
                except EOFError:
                    return ""
            case _:
                return subprocess.run(["cat"], stdout=subprocess.PIPE, check=True).stdout.decode()

    # B5: children of every kind.

    def fork(self) -> int:
        pid = os.fork()
        if pid == 0:
            print("text of a forked child", flush=True)
            os._exit(int(bool(_WIRE & _open_files())))
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    async def fork_and_return(self) -> int:
        """Come back to the loop in both processes; only one of them may answer."""
        return 1 if os.fork() else 2

    def processes(self, method: str) -> list[str]:
        context = multiprocessing.get_context(method)
        with context.Pool(1) as pool:
            return [*pool.map(_shout, ["a", "b"])]

    def terminate_child(self) -> int | None:
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
        child.start()
        child.terminate()
        child.join(10)
        return child.exitcode

    # E: handlers that are running when the end comes.

    async def sleep(self, seconds: float) -> str:
        _tell("sleeping")
        await asyncio.sleep(seconds)
        return "slept"

    def sleep_in_thread(self, seconds: float) -> str:
        _tell("sleeping")
        time.sleep(seconds)
        return "slept"

    async def block(self, seconds: float) -> str:
        _tell("blocking")
        time.sleep(seconds)  # noqa: ASYNC251 - blocking the loop is the point
        return "blocked"

    async def stubborn(self) -> str:
        _tell("sleeping")
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(600)

    def child(self, detached: bool = False) -> int:
        return subprocess.Popen(["sleep", "600"], start_new_session=detached).pid

    def wait_for_child(self) -> None:
        with subprocess.Popen(["sleep", "600"]) as child:
            _tell(f"child {child.pid}")

    async def background(self, how: str) -> str:
        match how:
            case "task":
                self.task = asyncio.create_task(asyncio.sleep(600))
            case "failing":
                self.task = asyncio.create_task(_fail())
            case _:
                threading.Thread(target=time.sleep, args=(600,), name="endless").start()
        return how

    async def storm(self, count: int) -> int:
        for _ in range(count):
            os.kill(os.getpid(), signal.SIGCHLD)
            os.kill(os.getpid(), signal.SIGWINCH)
        return count

    async def write_stderr(self, text: str) -> str:
        for _ in range(3):
            print(text, file=sys.stderr)
            print(text)
        return text


def _shout(text: str) -> str:
    print("text of a process in a pool", flush=True)
    return text.upper()


def _open_files() -> set[str]:
    found: set[str] = set()
    for entry in pathlib.Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(entry.readlink()))
    return found


async def _fail() -> None:
    raise ValueError("of a task that nobody awaits")


def _tell(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(2, f"<{text}>\n".encode())


@contextlib.asynccontextmanager
async def lifespan() -> AsyncGenerator[str]:
    how = os.environ.get("LIFESPAN", "")
    if how == "fails":
        raise ValueError("no database")
    if how == "waits":
        _tell("waiting")
        await asyncio.sleep(600)
    _tell("entered")
    async with asyncio.TaskGroup() as group:
        if how == "crashes":
            group.create_task(_fail())
        yield "the state"
    if how == "stuck":
        await asyncio.sleep(600)
    if how == "fails at exit":
        raise ValueError("cannot close the database")
    _tell("left")


_WIRE: set[str] = set()

if __name__ == "__main__":
    for fd in (0, 1):
        with contextlib.suppress(OSError):
            _WIRE.add(str(pathlib.Path(f"/proc/self/fd/{fd}").readlink()))
    print("printed before serve")
    small = rpc_worker.Limits(soft_output_bytes=1 << 20, hard_bytes=4 << 20)
    rpc_worker.serve(
        Backend(),
        frontend=Page,
        lifespan=lifespan,
        grace=float(os.environ.get("GRACE", "5")),
        limits=small if "SMALL" in os.environ else None,
    )
