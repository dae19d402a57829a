"""Handlers in processes and in executors: what crosses, and what becomes of one that dies."""

# pyright: reportPrivateUsage=false
# The processes must be seen to be gone.

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rpc_worker import Event, RpcError, Struct, current_call, exclusive, in_executor, in_process
from rpc_worker.processes import Ending, Processes, Work
from tests.conversation import DEADLINE, until
from tests.running import Run, run

pytestmark = pytest.mark.process


class Point(Struct):
    x: int
    y: int


class NotFound(RpcError, code=4004):  # noqa: N818 - a plain name, as users choose them
    """Not found."""

    path: str


class Unportable(Exception):  # noqa: N818 - as above
    """What pickles, and cannot be rebuilt: its constructor wants more than its message."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


class Crunching:
    """Handlers that run in processes."""

    def __init__(self) -> None:
        self.factor = 3

    @in_process
    def multiply(self, number: int) -> int:
        return self.factor * number

    @staticmethod
    @in_process
    def swap(point: Point, *, by: int = 0) -> Point:
        return Point(x=point.y + by, y=point.x + by)

    @staticmethod
    @in_process
    def pid() -> int:
        return os.getpid()

    @staticmethod
    @in_process
    def fail(which: str) -> None:
        raise FAILURES[which]()  # noqa: RSE102 - it makes one

    @staticmethod
    @in_process
    def exit(code: int) -> None:
        os._exit(code)

    @staticmethod
    @in_process
    def kill_me() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    @in_process
    def wait(path: str) -> None:
        Path(path).write_text(str(os.getpid()))
        time.sleep(DEADLINE)

    @staticmethod
    @in_process
    def unpicklable() -> Any:
        return lambda: None

    @staticmethod
    @in_process
    def ask_for_the_call() -> str:
        return current_call().method

    @staticmethod
    @in_process
    def chatter() -> int:
        print("printed")  # noqa: T201 - that is what is tried
        os.write(1, b"written\n")
        subprocess.run(["echo", "echoed"], check=True)
        return 7

    async def quick(self) -> str:
        return "quick"


FAILURES: dict[str, Any] = {
    "plain": lambda: ValueError("bad"),
    "rpc": lambda: RpcError("mine", code=7, data={"a": 1}),
    "own": lambda: NotFound(path="/a"),
    "unportable": lambda: Unportable("this", "that"),
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "stop": StopIteration,
}


def test_a_handler_runs_in_a_process_which_is_kept_for_the_next() -> None:
    async def main(running: Run) -> None:
        assert await running.ask("multiply", 5) == 15
        assert await running.ask("swap", {"x": 1, "y": 2}) == Point(x=2, y=1)
        first = await running.ask("pid")
        assert first != os.getpid()
        assert await running.ask("pid") == first

    run(main, Crunching())


@pytest.mark.parametrize("which", FAILURES)
def test_an_exception_comes_back_as_itself_or_as_a_description(which: str) -> None:
    async def main(running: Run) -> None:
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - any of them
            await running.ask("fail", which)
        error, made = caught.value, FAILURES[which]()
        if which == "unportable":
            assert str(error).startswith("Unportable: this and that (the exception itself does not")
        elif which == "stop":
            # A coroutine cannot let StopIteration out: Python itself makes it a RuntimeError.
            assert isinstance(error, RuntimeError)
        else:
            assert type(error) is type(made)
            assert str(error) == str(made)
            assert getattr(error, "code", None) == getattr(made, "code", None)
            assert getattr(error, "data", None) == getattr(made, "data", None)
            assert "in fail" in str(error.__cause__)
        assert await running.ask("multiply", 1) == 3

    run(main, Crunching())


@pytest.mark.parametrize(
    ("method", "params", "how"),
    [("exit", [3], "has ended with exit code 3"), ("killMe", [], "was ended by SIGKILL")],
)
@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to be told of")
def test_a_process_that_dies_is_a_clear_error_and_the_next_call_works(
    method: str, params: list[object], how: str
) -> None:
    async def main(running: Run) -> None:
        with pytest.raises(RuntimeError, match=f"the process that ran {method} {how}"):
            await running.ask(method, *params)
        assert await running.ask("multiply", 1) == 3

    run(main, Crunching())


def test_a_process_that_dies_while_it_is_idle_is_replaced() -> None:
    async def main(running: Run) -> None:
        first = await running.ask("pid")
        (child,) = multiprocessing.active_children()
        child.kill()
        child.join()
        assert await running.ask("pid") != first

    run(main, Crunching())


@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_a_cancelled_process_is_killed_and_answered_at_once(how: str, tmp_path: Path) -> None:
    async def main(running: Run) -> None:
        started = tmp_path / "pid"
        call = running.start("wait", str(started))
        await until(lambda: started.exists() and started.read_text() != "")
        pid = int(started.read_text())
        getattr(running.executors, how)(call)
        assert call.answered
        with pytest.raises(asyncio.CancelledError):
            await running.end(call)
        await until(lambda: all(child.pid != pid for child in multiprocessing.active_children()))
        assert await running.ask("multiply", 1) == 3

    run(main, Crunching())


def test_the_loop_goes_on_while_a_process_works(tmp_path: Path) -> None:
    async def main(running: Run) -> None:
        started = tmp_path / "pid"
        call = running.start("wait", str(started))
        await until(started.exists)
        assert await running.ask("quick") == "quick"
        running.executors.cancel(call)

    run(main, Crunching())


class Attached:
    """An object that cannot go to another process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    @in_process
    def bound(self) -> None:
        """Never runs."""


class Emitting:
    """An object with an event, which its methods take along."""

    changed: Event[str]

    @in_process
    def double(self, number: int) -> int:
        return 2 * number


def test_what_binds_an_event_of_the_object_stays_behind() -> None:
    emitting = Emitting()

    async def send(_value: str, _to: str | None) -> None:
        raise AssertionError

    async def main(running: Run) -> None:
        emitting.changed.bind(send)
        assert await running.ask("double", 4) == 8

    run(main, emitting)


def test_what_does_not_pickle_is_named_with_what_to_do() -> None:
    async def bound(running: Run) -> str:
        with pytest.raises(TypeError) as caught:
            await running.ask("bound")
        return str(caught.value)

    text = run(bound, Attached())
    assert text.startswith("bound cannot run in a process: it takes its Attached object along")
    assert "TypeError: cannot pickle '_thread.lock' object" in text
    assert "mark it @staticmethod, above @in_process" in text

    async def result(running: Run) -> str:
        with pytest.raises(TypeError) as caught:
            await running.ask("unpicklable")
        return str(caught.value)

    assert run(result, Crunching()).startswith("its result does not pickle (")


def test_a_process_knows_no_current_call() -> None:
    async def main(running: Run) -> None:
        with pytest.raises(RuntimeError, match="@in_process serves it in another process"):
            await running.ask("askForTheCall")

    run(main, Crunching())


def test_no_stray_text_of_a_process_reaches_the_results(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def main(running: Run) -> None:
        assert [await running.ask("chatter") for _ in range(3)] == [7, 7, 7]

    run(main, Crunching())
    # Here file descriptor 1 is pytest's; in a worker it is a copy of 2.
    out = capfd.readouterr().out
    assert {text: out.count(text) for text in ("printed", "written", "echoed")} == {
        "printed": 3,
        "written": 3,
        "echoed": 3,
    }


def test_processes_end_with_the_worker(tmp_path: Path) -> None:
    async def main() -> None:
        processes = Processes()
        started = tmp_path / "pid"
        assert await processes.run("pid", Crunching.pid, (), {}) != os.getpid()
        waiting = asyncio.create_task(processes.run("wait", Crunching.wait, (str(started),), {}))
        await until(started.exists)
        processes.close()
        with pytest.raises(RuntimeError, match="the process that ran wait"):
            await waiting
        assert multiprocessing.active_children() == []

    asyncio.run(main())


ORPHAN = """
import asyncio, sys, threading
from rpc_worker.processes import Processes
from tests.test_processes import Crunching

async def main():
    processes = Processes()
    await processes.run("wait", Crunching.wait, (sys.argv[1],), {})

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="whether a process lives is asked otherwise")
def test_a_busy_process_ends_when_the_worker_is_killed(tmp_path: Path) -> None:
    """Not at the end of its function: it reads the pipe all the time."""
    script, started = tmp_path / "orphan.py", tmp_path / "pid"
    script.write_text(ORPHAN)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    worker = subprocess.Popen([sys.executable, str(script), str(started)], env=environment)
    try:
        asyncio.run(until(lambda: started.exists() and started.read_text() != ""))
        pid = int(started.read_text())
    finally:
        worker.kill()
        worker.wait()
    asyncio.run(until(lambda: not is_running(pid)))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        # There is no such folder on this system; or the process has gone since.
        return not Path("/proc/self").exists()
    # An orphan may wait for somebody to take note of its end.
    return status.rpartition(")")[2].split()[0] != "Z"


def test_an_outcome_survives_a_journey() -> None:
    travelled: Ending = pickle.loads(pickle.dumps(Work(divmod, (7, 2), {})))()
    assert travelled.value() == (3, 1)


# --------------------------------------------------------------------------------- executors

threads = ThreadPoolExecutor(1)
pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
gate = threading.Event()
begun = threading.Event()


class Closed(Executor):
    def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


class Pooled:
    @in_executor(threads)
    def whoami(self) -> str:
        return f"{threading.current_thread() is threading.main_thread()} {current_call().method}"

    @in_executor(threads)
    def fail(self, which: str) -> None:
        raise FAILURES[which]()  # noqa: RSE102 - it makes one

    @in_executor(threads)
    def block(self) -> str:
        begun.set()
        assert gate.wait(DEADLINE)
        return "too late"

    @staticmethod
    @in_executor(pool)
    def pid() -> int:
        return os.getpid()

    @staticmethod
    @in_executor(pool)
    def fail_in_pool(which: str) -> None:
        raise FAILURES[which]()  # noqa: RSE102 - it makes one

    @in_executor(Closed())
    def closed(self) -> None:
        """Never runs."""

    @exclusive
    @in_executor(threads)
    def block_alone(self) -> str:
        return self.block_plainly()

    def block_plainly(self) -> str:
        begun.set()
        assert gate.wait(DEADLINE)
        return "alone"


def test_a_handler_runs_in_an_executor_of_the_users() -> None:
    async def main(running: Run) -> None:
        assert await running.ask("whoami") == "False whoami"
        assert await running.ask("pid") not in {os.getpid(), None}
        with pytest.raises(RuntimeError, match="after shutdown"):
            await running.ask("closed")

    run(main, Pooled())


@pytest.mark.parametrize("method", ["fail", "failInPool"])
@pytest.mark.parametrize("which", FAILURES)
def test_whatever_a_handler_in_an_executor_raises_ends_its_call(method: str, which: str) -> None:
    async def main(running: Run) -> None:
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - any of them
            await running.ask(method, which)
        made: BaseException = FAILURES[which]()
        wanted = type(made)
        if which == "stop" or (which == "unportable" and method == "failInPool"):
            wanted = RuntimeError
        assert type(caught.value) is wanted

    run(main, Pooled())


def test_a_cancelled_function_in_an_executor_is_answered_at_once_and_tracked_until_it_ends() -> (
    None
):
    gate.clear()
    begun.clear()

    async def main(running: Run) -> None:
        first, second = running.start_all(("block",), ("block",))
        await until(begun.is_set)
        running.executors.cancel(second)
        running.executors.cancel(first)
        assert first.answered
        assert second.answered
        await until(lambda: running.executors.busy_elsewhere == {first})
        gate.set()
        await until(lambda: not running.executors.busy_elsewhere)

    run(main, Pooled())
