"""The worker that foreign clients talk to: the contracts of the wire vectors, in a process."""

from __future__ import annotations

from rpc_worker import serve
from tests.reference import Reference, ReferenceFrontend

if __name__ == "__main__":
    serve(Reference(), frontend=ReferenceFrontend)
