"""An app in its window, driven by WebDriver: `tauri-driver` in front of WebKit's own driver.

WebKit's driver dies when a script runs into its time limit and when the app crashes, so each module
of tests has one of its own. The end of a session kills the app.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Remote
from selenium.webdriver.common.options import ArgOptions
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples" / "tauri-app"
TARGET: Final = EXAMPLE / "src-tauri" / "target"
SCREENSHOTS: Final = TARGET / "screenshots"

PATIENCE: Final = 30.0
"""Seconds for whatever is waited for; a machine that is busy with other things takes some."""

RUN: Final = """
const [args, done] = [arguments[0], arguments[1]];
const told = ({ name, message, code, data, reason }) => ({ name, message, code, data, reason });
const thrown = (error) => (error?.message === undefined ? { message: String(error) } : told(error));
(async () => {
%s
})().then(
  (value) => done({ value: value === undefined ? null : value }),
  (error) => done({ error: thrown(error) }),
);
"""


class Failed(Exception):  # noqa: N818 - what a page's promise did
    """What a script in the page was rejected with."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error: Final = error


class App:
    """A running app. What it is told goes to the window that was switched to."""

    def __init__(self, driver: Remote, pid: int) -> None:
        self.driver: Final[Any] = driver  # Its own types leave much unknown.
        self.pid: Final = pid

    def run(self, code: str, *args: object) -> Any:
        """Run the body of an async function in the page, where `args` are; return its value."""
        outcome: Any = self.driver.execute_async_script(RUN % code, args)
        if "error" in outcome:
            raise Failed(outcome["error"])
        return outcome["value"]

    def until(self, code: str, *args: object) -> Any:
        """Run it until it returns something that is true, and return that."""

        def value(_driver: Remote) -> Any:
            with suppress(Failed, WebDriverException):
                return self.run(code, *args)

        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(value, code)

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until a condition holds."""
        waiting = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05)
        return waiting.until(lambda _driver: condition(), what)

    def close_window(self) -> None:
        """Close the window as a person does: WebDriver's own way leaves Tauri's window behind."""
        # A little later: a driver whose script's window goes meanwhile is confused.
        self.run("setTimeout(() => __TAURI_INTERNALS__.invoke('plugin:window|close'), 200)")

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the window."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        assert self.driver.save_screenshot(str(path))
        return path


@contextmanager
def running(application: Path, environment: Mapping[str, str] | None = None) -> Generator[App]:
    """Start an app, with its driver; end both."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "VIRTUAL_ENV": sys.prefix, "PATH": path, **(environment or {})}
    program, native_driver = found("tauri-driver"), found("WebKitWebDriver")
    port, native = free_ports(2)
    ports = ["--port", str(port), "--native-port", str(native)]
    command = [program, *ports, "--native-driver", native_driver]
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL) as process:
        try:
            for each in (native, port):
                connect(each, process)
            address = ClientConfig(remote_server_addr=f"http://127.0.0.1:{port}")
            executor = RemoteConnection(client_config=address)
            driver = Remote(executor, options=TauriOptions(application))
            driver.set_script_timeout(PATIENCE)
            try:
                yield App(driver, process_of(application, process.pid))
            finally:
                with suppress(WebDriverException):  # The test may have ended the app.
                    driver.quit()
        finally:
            for pid in (*descendants(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)


class TauriOptions(ArgOptions):
    """What `tauri-driver` takes; it refuses the name of a browser."""

    def __init__(self, application: Path) -> None:
        super().__init__()
        self.application = application

    @property
    def default_capabilities(self) -> dict[str, str]:
        return {}

    def to_capabilities(self) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride] - it says None
        return {"tauri:options": {"application": str(self.application)}}


def found(program: str) -> str:
    """Return where a program is."""
    path = shutil.which(program) or shutil.which(program, path=str(Path.home() / ".cargo" / "bin"))
    assert path, f"there is no {program}; `make e2e` installs what it lacks"
    return path


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def connect(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a driver listens."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            select.select([], [], [], 0.05)
        else:
            return
    raise AssertionError(f"tauri-driver ended with {process.returncode}")


def descendants(pid: int) -> list[int]:
    """Return the processes below one, those at the bottom first."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, task.read_text().split())
    return [each for child in children for each in (*descendants(child), child)]


def command(pid: int) -> bytes:
    """Return a process's command line, or nothing if it has gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def process_of(application: Path, driver: int) -> int:
    """Return the app's process among those that a driver has started."""
    for pid in descendants(driver):
        with suppress(OSError):
            if Path(f"/proc/{pid}/exe").readlink() == application.resolve():
                return pid
    raise AssertionError(f"{application} does not run")


def gone(pid: int) -> bool:
    """Wait until a process, which need not be our child, has ended; whether it did in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], PATIENCE)[0])
    finally:
        os.close(descriptor)


def memory(pid: int) -> int:
    """Return how many bytes a process and all below it have in memory."""
    total = 0
    for each in (pid, *descendants(pid)):
        with suppress(OSError):
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf(
                "SC_PAGE_SIZE"
            )
    return total
