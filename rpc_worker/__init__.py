"""A typed JSON-RPC 2.0 worker on stdin and stdout, for the Python behind a desktop app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpc_worker.collecting import at_rest

with at_rest():
    from rpc_worker.errors import ContractError, RemoteError, RpcError, SessionEnded
    from rpc_worker.events import Event
    from rpc_worker.limits import Limits
    from rpc_worker.markers import (
        BigInt,
        Struct,
        exclusive,
        in_executor,
        in_process,
        in_thread,
        inline,
        raises,
    )
    from rpc_worker.progress import Progress

if TYPE_CHECKING:
    from rpc_worker.context import CurrentCall, current_call
    from rpc_worker.frontend import caller
    from rpc_worker.worker import serve

__all__ = [
    "BigInt",
    "ContractError",
    "CurrentCall",
    "Event",
    "Limits",
    "Progress",
    "RemoteError",
    "RpcError",
    "SessionEnded",
    "Struct",
    "caller",
    "current_call",
    "exclusive",
    "in_executor",
    "in_process",
    "in_thread",
    "inline",
    "raises",
    "serve",
]

__version__ = "0.1.0"


_LATER: Final = {
    "CurrentCall": "context",
    "caller": "frontend",
    "current_call": "context",
    "serve": "worker",
}
"""The modules of what is imported when it is asked for, none of which is called as what it has.

A contract is imported by the generator too, which needs no event loop.
"""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - as said

    with at_rest():
        return getattr(importlib.import_module(f"rpc_worker.{_LATER[name]}"), name)
