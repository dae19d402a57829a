"""Errors that are called like others, like types, like the runtime's and like JavaScript's."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import RpcError, Struct, raises

# ruff: noqa: N801, N818, A001 - the names are the point


class Files:
    class NotFound(RpcError, code=1):
        path: str


class Users:
    class NotFound(RpcError, code=2):
        """There is no such user."""

        name: str


class NotFoundData(Struct):
    taken: bool


class Error(RpcError, code=3):
    pass


class TypeError(RpcError, code=4):
    expected: str


class Promise(RpcError, code=5):
    pass


class ErrorNames(RpcError, code=6):
    """Called like the interface."""


class errorNames(RpcError, code=7):
    """Called like the constant."""


class declared(RpcError, code=8):
    """Called like what makes them."""


class Call(RpcError, code=9):
    """Called like a type of the runtime's."""

    cause: str
    stack: str
    name: str


class value(RpcError, code=10):
    """Called like a function of the runtime's."""

    content: bytes


class delete(RpcError, code=11):
    """Called like an operator."""


class ErrorNamesAPI(Protocol):
    @raises(Files.NotFound, Users.NotFound)
    async def find(self, data: NotFoundData) -> None: ...
    @raises(Error, TypeError, Promise, ErrorNames, errorNames, declared, Call, value, delete)
    async def fail(self) -> int: ...
