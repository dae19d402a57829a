"""An editor, as far as it asks a language server of TypeScript what is behind a name in a file.

What is common to the servers of all TypeScripts is here; `tsserver` and `lsp` have the rest.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tests.pages import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

MODULES: Final = CHECKOUT / "frontend-adapter" / "node_modules"
DEADLINE: Final = 60
"""Seconds for one answer; the first one waits until the project has been read."""

Json: TypeAlias = "dict[str, Any]"


class Span(NamedTuple):
    """A piece of a file. Lines and columns are counted from 0, columns in UTF-16 code units."""

    file: Path
    begin: tuple[int, int]
    end: tuple[int, int]


class Definition(NamedTuple):
    """Where a name is given.

    Attributes:
        name: The name itself, to which the cursor goes.
        whole: All that belongs to it, which an editor shows to those who do not go there.
    """

    name: Span
    whole: Span | None


class Server:
    """A process whose messages have a header each, which is how both protocols are answered."""

    def __init__(self, folder: Path, *command: str) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._process = subprocess.Popen(
            ["node", *command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._heard: queue.Queue[Json | None] = queue.Queue()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as stdout:
            while length := _length(stdout.readline):
                self._heard.put(json.loads(stdout.read(length)))
        self._heard.put(None)

    def write(self, content: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(f"the server has ended: {self._complaints()}") from None

    def hear(self) -> Json:
        """Return the next message, once it is there."""
        try:
            message = self._heard.get(timeout=DEADLINE)
        except queue.Empty:
            raise AssertionError(f"no answer in {DEADLINE} s: {self._complaints()}") from None
        assert message is not None, f"the server has ended: {self._complaints()}"
        return message

    def end(self) -> None:
        """Have it end, and see that nothing is left of it."""
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(DEADLINE) == 0, self._complaints()
        assert not self._is_there(), "a process that the server has started is left behind"

    def close(self) -> None:
        """Kill it, unless it has ended, with all that it has started."""
        if self._is_there():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(DEADLINE)
        self._listening.join(DEADLINE)
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._log.close()

    def _is_there(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _complaints(self) -> str:
        """Return the end of what was written to stderr, where one of the servers keeps a log."""
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace")


def _length(read_line: Callable[[], bytes]) -> int:
    """Return the length that a message's header tells; 0 at the end."""
    length = 0
    while header := read_line().strip():
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return length


class Editor(ABC):
    """An editor that is open on a folder. It shows each file that it asks about."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._shown: set[Path] = set()

    def __enter__(self) -> Self:
        try:
            self.greet()
        except BaseException:
            self.server.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.server.end()
        finally:
            self.server.close()

    def open(self, file: Path) -> None:
        """Show a file, if it is not shown yet."""
        if file not in self._shown:
            self._shown.add(file)
            self.show(file)

    @abstractmethod
    def definitions(self, at: Span) -> list[Definition]:
        """Go to definition."""

    @abstractmethod
    def type_definitions(self, at: Span) -> list[Definition]:
        """Go to type definition."""

    @abstractmethod
    def references(self, at: Span) -> list[Span]:
        """Find all references."""

    @abstractmethod
    def struck(self, file: Path) -> list[Span]:
        """Return what is struck through since it is deprecated."""

    @abstractmethod
    def errors(self, file: Path) -> list[str]:
        """Return the messages of what does not compile."""

    @abstractmethod
    def greet(self) -> None: ...

    @abstractmethod
    def show(self, file: Path) -> None: ...
