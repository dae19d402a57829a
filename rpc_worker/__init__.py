"""A typed JSON-RPC 2.0 worker on stdin and stdout, for the Python behind a desktop app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpc_worker.errors import ContractError, RpcError
from rpc_worker.limits import Limits
from rpc_worker.markers import BigInt, Struct, in_thread, inline, raises

if TYPE_CHECKING:
    from rpc_worker.worker import serve

__all__ = [
    "BigInt",
    "ContractError",
    "Limits",
    "RpcError",
    "Struct",
    "in_thread",
    "inline",
    "raises",
    "serve",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # A contract is imported by the generator too, which needs no event loop.
    if name == "serve":
        from rpc_worker.worker import serve  # noqa: PLC0415 - as said

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
