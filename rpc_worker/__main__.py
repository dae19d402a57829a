"""`python -m rpc_worker`: the same as the `rpc-worker` command."""

from __future__ import annotations

import sys

from rpc_worker.cli import main

if __name__ == "__main__":
    sys.exit(main())
