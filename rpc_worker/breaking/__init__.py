"""What a change of a contract means for the clients that were generated before it.

Two documents are compared, as `openrpc` writes them, and nothing else is known of either contract.
An old page talks to a new worker: what the page gives may be less than what the worker takes, and
what the worker gives may be less than what the page takes, never more.
"""

from __future__ import annotations

from rpc_worker.breaking.documents import Document, read
from rpc_worker.breaking.members import Change, changes

__all__ = ["Change", "Document", "changes", "read"]
