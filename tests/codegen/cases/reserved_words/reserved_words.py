"""Reserved words of TypeScript wherever a name can stand, and names that objects have anyway."""

# ruff: noqa: A002, N801, N815, N818 - the names are the point
from __future__ import annotations

from enum import Enum
from typing import Literal, Protocol

import msgspec

from rpc_worker import Event, RpcError, Struct, raises


class var(Struct):
    case: int
    default: str = ""
    function: bool = False


class null(Struct, array_like=True):
    new: int
    typeof: str
    arguments: bool = False


class enum_(Enum):
    delete = "delete"
    new = "new"
    toString = "toString"
    hasOwnProperty = "__proto__"


class throw(RpcError, code=1):
    finally_: str


class Proto(msgspec.Struct):
    """A key of a dictionary may be what a field cannot be called."""

    constructor: int
    toJSON: dict[Literal["__proto__", "then"], int]


class switchAPI(Protocol):
    new: Event[int]

    async def constructor(self) -> None: ...
    async def to_string(self) -> str: ...


class ReservedWordsAPI(Protocol):
    export: switchAPI
    prototype: switchAPI
    interface: Event[var]

    async def new(self, new: int, class_: str, this: bool, *, delete: int = 0) -> null: ...
    async def constructor(self, constructor: int, *, prototype: int) -> Proto: ...
    async def delete(self, arguments: int, eval: int, await_: int, options: int) -> null: ...
    async def value_of(self, value: null, proto: Proto) -> enum_: ...
    @raises(throw)
    async def has_own_property(self, undefined: int, async_: int, call: int) -> None: ...
