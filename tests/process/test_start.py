"""How a worker starts, or does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.process.conftest import BACKEND

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

pytestmark = pytest.mark.process

LOADED = """
import os, sys
from rpc_worker.worker import StartError, run

def load():
    print("printed while it was imported")
    os.write(1, b"written while it was imported\\n")
    {body}

run(load, debug={debug})
"""


@pytest.mark.parametrize(
    ("body", "message", "kind"),
    [
        (
            "import no_such_module",
            "ModuleNotFoundError: No module named 'no_such_module'",
            "ModuleNotFoundError",
        ),
        ("raise StartError('no attribute x in y')", "no attribute x in y", "StartError"),
        (
            "sys.exit('not configured')",
            "the module called sys.exit('not configured') while it was imported",
            "SystemExit",
        ),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_a_start_that_fails_says_why(
    start: Callable[..., Any], body: str, message: str, kind: str, debug: bool
) -> None:
    worker = start("-c", LOADED.format(body=body, debug=debug))
    fatal = worker.receive()
    assert fatal["method"] == "$/fatal"
    assert fatal["params"]["message"] == f"The worker cannot start: {message}"
    details = fatal["params"]["details"]
    assert details["type"] == kind
    assert ("stack" in details) is debug
    assert worker.receive() is None
    assert worker.wait() == 1
    assert "printed while it was imported\n" in worker.errors()
    assert "written while it was imported\n" in worker.errors()
    assert worker.errors().endswith(f"rpc-worker: the worker cannot start: {message}\n")
    assert ("Traceback" in worker.errors()) is (kind == "ModuleNotFoundError")


def test_misfits_are_listed_to_the_host_and_on_stderr(start: Callable[..., Any]) -> None:
    program = """
from rpc_worker import serve
class Backend:
    async def add(self, a: float, b: float) -> float:
        return a + b
serve(Backend)
"""
    worker = start("-c", program)
    fatal = worker.receive()
    assert fatal["method"] == "$/fatal"
    (misfit,) = fatal["params"]["details"]
    assert set(misfit) == {"where", "problem", "advice"}
    assert "Backend()" in misfit["advice"]
    assert worker.wait() == 1
    assert misfit["advice"] in worker.errors()
    assert "Traceback" not in worker.errors()


def test_a_lifespan_that_fails_is_a_start_that_fails(start: Callable[..., Any]) -> None:
    worker = start(LIFESPAN="fails")
    fatal = worker.receive()
    assert fatal["method"] == "$/fatal"
    assert fatal["params"]["message"] == "The worker cannot start: ValueError: no database"
    assert worker.receive() is None
    assert worker.wait() == 1


def test_a_signal_ends_a_lifespan_that_waits(start: Callable[..., Any]) -> None:
    worker = start(LIFESPAN="waits")
    worker.await_error("<waiting>")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert worker.rest() == []


def test_a_lifespan_that_fails_at_exit_is_reported(start: Callable[..., Any]) -> None:
    worker = start(LIFESPAN="fails at exit")
    worker.ready()
    assert worker.call("add", 1, 2) == 3
    assert worker.end() == 1
    assert "ValueError: cannot close the database" in worker.errors()


def test_a_task_of_the_lifespans_that_fails_ends_the_worker(start: Callable[..., Any]) -> None:
    worker = start(LIFESPAN="crashes")
    worker.ready()
    assert worker.wait() == 1
    assert worker.rest() == []
    assert "ValueError: of a task that nobody awaits" in worker.errors()
    assert worker.errors().count("Traceback") == 1 + worker.errors().count("| Traceback")


def test_a_lifespan_that_does_not_exit_is_ended(start: Callable[..., Any]) -> None:
    worker = start(LIFESPAN="stuck", GRACE="0.1")
    worker.ready()
    worker.close_input()
    assert worker.wait(6) == 1
    assert "not ended 3.1 s after it was asked to" in worker.errors()


ARGUMENTS = """
import contextlib, json
from typing import Protocol
from rpc_worker import serve
class API(Protocol):
    async def add(self, a: float, b: float) -> float: ...
class Backend(API):
    async def add(self, a: float, b: float) -> float:
        return a + b
@contextlib.asynccontextmanager
async def lifespan():
    yield
serve({arguments})
"""
NO_METHODS = (
    "and an object with methods is served. Write class Backend: …, with methods, and "
    "serve(Backend())"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "Backend(), grace='5'",
            "grace='5' is no number of seconds; write one such as grace=2.5",
        ),
        ("Backend(), grace=-1", "grace=-1 is no number of seconds; write one such as grace=2.5"),
        (
            "Backend(), limits=7",
            (
                "limits=7 is an object of the class int; write limits=Limits(running=100), or what "
                "is to be limited"
            ),
        ),
        (
            "Backend(), lifespan=7",
            (
                "lifespan=7 is an object of the class int; write a function with "
                "@contextlib.asynccontextmanager above it"
            ),
        ),
        (
            "Backend(), lifespan=lifespan()",
            (
                "lifespan= is what makes the context manager, and not the manager itself; write "
                "lifespan=lifespan, without ()"
            ),
        ),
        (
            "API, Backend()",
            (
                "serve(API, …) has its arguments in the wrong order; write the implementation "
                "first: serve(Backend(), API)"
            ),
        ),
        (
            "Backend(), 'API'",
            (
                "the contract given to serve is 'API', and a contract is a class; write "
                "serve(Backend(), API)"
            ),
        ),
        (
            "Backend(), 7",
            (
                "the contract given to serve is 7, and a contract is a class; write "
                "serve(Backend(), BackendAPI)"
            ),
        ),
        ("json.loads", f"serve was given loads, a function, {NO_METHODS}"),
        ("json.loads, API", f"serve was given loads, a function, {NO_METHODS}"),
        ("json", f"serve was given json, a module, {NO_METHODS}"),
        ("None", f"serve was given None, an object of the class NoneType, {NO_METHODS}"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_told_to_the_host(
    start: Callable[..., Any], arguments: str, message: str
) -> None:
    worker = start("-c", ARGUMENTS.replace("{arguments}", arguments))
    fatal = worker.receive()
    assert fatal["method"] == "$/fatal"
    assert fatal["params"]["message"] == f"The worker cannot start: {message}"
    assert worker.wait() == 1
    assert worker.errors() == f"rpc-worker: the worker cannot start: {message}\n"


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_a_stdout_that_cannot_be_written_is_told(redirection: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirection}', sys.executable, str(BACKEND)],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stderr=subprocess.PIPE,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.endswith(
        b"rpc-worker: not all output was taken: stdout is closed or full, or the host does not "
        b"read it.\n"
    )


def test_a_lifespan_that_is_none_says_what_to_write(start: Callable[..., Any]) -> None:
    program = """
from rpc_worker import serve
class Backend:
    async def add(self, a: float, b: float) -> float:
        return a + b
async def lifespan():
    yield
serve(Backend(), lifespan=lifespan)
"""
    worker = start("-c", program)
    assert worker.receive()["params"]["message"] == (
        "The worker cannot start: the lifespan must return an asynchronous context manager, and "
        "returned async_generator; write @contextlib.asynccontextmanager above async def "
        "lifespan(): …"
    )
    assert worker.wait() == 1


def test_nothing_precedes_ready_when_the_import_takes_its_time(start: Callable[..., Any]) -> None:
    program = """
import time, sys
print("slow"); time.sleep(0.3); print("import", end="")
from rpc_worker import serve
class Backend:
    async def add(self, a: float, b: float) -> float:
        return a + b
serve(Backend())
"""
    worker = start("-c", program)
    worker.send("add", 1, 2)
    worker.ready()
    assert worker.receive()["result"] == 3
    assert worker.end() == 0
    assert worker.errors() == "slow\nimport"


MISPLACED = """
import asyncio, multiprocessing, sys, threading
from rpc_worker import serve
class Backend:
    async def add(self, a: float, b: float) -> float:
        return a + b
def main():
    try:
        serve(Backend())
    except RuntimeError as error:
        print(error, file=sys.stderr)
async def amain():
    main()
if __name__ == "__main__":
    {call}
"""


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("asyncio.run(amain())", "serve() was called in a running event loop"),
        ("threading.Thread(target=main).start()", "serve() was called in a thread"),
        (
            "multiprocessing.get_context('fork').Process(target=main).start()",
            "serve() was called in a child process of multiprocessing",
        ),
        (
            "multiprocessing.get_context('spawn').Process(target=main).start()",
            "serve() was called in a child process of multiprocessing",
        ),
    ],
)
def test_serve_says_where_it_cannot_be_called(
    start: Callable[..., Any], tmp_path: pathlib.Path, call: str, text: str
) -> None:
    path = tmp_path / "program.py"
    path.write_text(MISPLACED.format(call=call), encoding="utf-8")
    worker = start(str(path))
    assert worker.receive() is None
    assert worker.wait() == 0
    assert text in worker.errors()


UNGUARDED = """
from rpc_worker import in_process, serve
class Backend:
    @staticmethod
    @in_process
    def add(a: float, b: float) -> float:
        return a + b
serve(Backend())
"""


def test_a_process_of_a_script_without_the_guard_does_not_serve(
    start: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "program.py"
    path.write_text(UNGUARDED, encoding="utf-8")
    worker = start(str(path))
    worker.ready()
    worker.send("add", 1, 2)
    assert worker.receive()["error"]["message"].endswith(
        "the process that was to run add has ended with exit code 1 before it began: it imports "
        'the main module again, where serve() belongs below `if __name__ == "__main__":`; stderr '
        "says more"
    )
    assert worker.end() == 0
    assert "$/ready" not in worker.errors()
    assert "serve() was called in a child process of multiprocessing" in worker.errors()


def test_a_parked_reader_does_not_disturb_the_exit(start: Callable[..., Any]) -> None:
    """A terminal that is never typed at, and a file that is read by the thread to its end."""
    for _ in range(5):
        worker = start()
        worker.ready()
        worker.process.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
        assert "Fatal Python error" not in worker.errors()


LAZY = """
import gc, sys
from rpc_worker import serve

class Backend:
    async def loaded(self) -> list[str]:
        return [*sys.modules]

    async def collects(self) -> bool:
        return gc.isenabled()

    def in_thread(self) -> bool:
        return True

serve(Backend())
"""


def test_a_start_imports_what_every_worker_needs_and_no_more(start: Callable[..., Any]) -> None:
    worker = start("-c", LAZY)
    worker.ready()
    loaded = {*worker.call("loaded")}
    others = (
        "interfaces",
        "elsewhere",
        "signatures",
        "frontend",
        "callbacks",
        "streams",
        "openrpc",
    )
    assert not loaded & {"anyio", "jsonrpcserver", *(f"rpc_worker.{name}" for name in others)}
    assert worker.call("inThread") is True
    assert {"anyio", "rpc_worker.elsewhere"} <= {*worker.call("loaded")}
    assert worker.end() == 0


@pytest.mark.parametrize("before", ["", "import gc; gc.disable()\n"])
def test_the_garbage_collector_is_left_as_it_was(start: Callable[..., Any], before: str) -> None:
    worker = start("-c", before + LAZY)
    worker.ready()
    assert worker.call("collects") is (before == "")
    assert worker.end() == 0
