"""The whole of a worker: `python worker.py`, or `rpc-worker run worker:backend`."""

from backend import Backend

from rpc_worker import serve

backend = Backend()

if __name__ == "__main__":
    serve(backend)
