"""The `rpc-worker` command."""

from __future__ import annotations

from rpc_worker.cli.command import main

__all__ = ["main"]
