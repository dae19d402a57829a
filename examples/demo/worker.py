"""The whole of a worker: `python worker.py`."""

from backend import Backend

from rpc_worker import serve
from shared_api import FrontendAPI

backend = Backend()

if __name__ == "__main__":
    serve(backend, frontend=FrontendAPI)
