"""`rpc-worker attach`: a terminal for a worker that waits at a `breakpoint()`."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress

from rpc_worker.cli.wording import UsageError

__all__ = ["attach"]


def attach(port: int) -> int:
    """Copy between a worker's debugger and this terminal, until either goes.

    Args:
        port: As the worker said it on stderr.

    Returns:
        The exit code.

    Raises:
        UsageError: Nobody waits there.
    """
    try:
        connection = socket.create_connection(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"no worker waits on port {port} ({error}); it says on stderr on which one it does"
        ) from None
    threading.Thread(target=_type, args=(connection,), daemon=True).start()
    with suppress(KeyboardInterrupt, OSError):
        while chunk := connection.recv(65536):
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
    # The worker takes this for the end of the session, and goes on.
    connection.close()
    sys.stdout.write("\nrpc-worker: detached.\n")
    return 0


def _type(connection: socket.socket) -> None:
    # Not sys.stdin: the interpreter cannot end while a thread reads that.
    with suppress(OSError):
        while chunk := os.read(0, 65536):
            connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)
