"""Python's own debugger, typed into from another terminal through a socket.

Imported when a worker stops at a `breakpoint()`: a debugger is large, and few workers meet one.
"""

from __future__ import annotations

import pdb  # noqa: T100 - the worker was started to be debugged
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["wait_for_terminal"]


def wait_for_terminal(waiting: Callable[[int], None], *, detached: Callable[[], None]) -> pdb.Pdb:
    """Return a debugger, once a terminal has attached to it.

    Args:
        waiting: Called with the port to attach to.
        detached: Called when the terminal has gone.
    """
    # This machine only: what attaches can run any code.
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        waiting(server.getsockname()[1])
        connection, _ = server.accept()
    return _Debugger(_Terminal(connection), detached)


class _Terminal:
    """The other end of the socket, as a debugger reads and writes it.

    A terminal that has gone is an end of file, and never a reason for a handler to fail.
    """

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r", encoding=self.encoding, errors="replace")

    def readline(self) -> str:
        try:
            return self._lines.readline()
        except (OSError, ValueError):
            return ""

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._connection.sendall(text.encode(self.encoding, self.errors))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False

    def close(self) -> None:
        with suppress(OSError):
            self._lines.close()
            self._connection.close()


class _Debugger(pdb.Pdb):
    """A debugger that lets the worker go on when its terminal goes."""

    def __init__(self, terminal: _Terminal, detached: Callable[[], None]) -> None:
        stream: Any = terminal
        # The worker's own handler of SIGINT stays.
        super().__init__(stdin=stream, stdout=stream, nosigint=True)
        self.use_rawinput = False
        self._terminal = terminal
        self._detached = detached

    def set_continue(self) -> None:
        """Let go of the terminal, unless there are breakpoints to come back for."""
        super().set_continue()
        if not self.breaks:
            self._detach()

    def do_quit(self, arg: str) -> bool:  # noqa: ARG002 - commands take what follows them
        """Detach; the worker goes on."""
        # Python's own ends the handler with an exception.
        self.clear_all_breaks()
        self.set_continue()
        return True

    do_q = do_quit
    do_exit = do_quit
    do_EOF = do_quit  # noqa: N815 - what a terminal that has gone comes to, by cmd's own name

    def _detach(self) -> None:
        self._terminal.close()
        self._detached()
