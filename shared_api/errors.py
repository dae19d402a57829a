"""The errors of the reference contract; each has a code of its own."""
# ruff: noqa: N818 - what is not found is NotFound in TypeScript as well

from rpc_worker import RpcError


class NotFound(RpcError, code=4004):
    """There is nothing at this path."""

    path: str


class NotAFile(RpcError, code=4005):
    """There is something else than a file at this path."""

    path: str


class NotADirectory(RpcError, code=4006):
    """There is something else than a directory at this path."""

    path: str


class NotText(RpcError, code=4007):
    """The file is no text in this encoding."""

    path: str
    encoding: str
    offset: int
    """Of the first byte that cannot be decoded."""
