"""Names that mean something else in TypeScript."""

from __future__ import annotations

from typing import Protocol, TypedDict

import msgspec

from rpc_worker import Struct


class Promise(Struct):
    kept: bool


class Names(Struct):
    names: list[str]


class Outer:
    class Item(Struct):
        inner: bool


class Item(Struct):
    outer: bool


class ItemInput(Struct):
    taken: bool


class Item2(Struct):
    nested: Outer.Item
    count: int = 0


class Item2Input(Struct):
    taken: bool


class string(Struct):  # noqa: N801 - that is the point
    value: str


class Größe(Struct):  # noqa: PLC2401 - that is the point
    höhe: float  # noqa: PLC2401 - that is the point


class Odd(msgspec.Struct):
    content_type: str = msgspec.field(name="content-type")
    dollar: str = msgspec.field(name="$ref")
    digit: str = msgspec.field(name="1st")
    quoted: str = msgspec.field(name="two words\u2028")


Headers = TypedDict("Headers", {"x-token": str, "constructor": int})


class GroupAPI(Protocol):
    async def default(self) -> None: ...


class NamesAPI(Protocol):
    delete: GroupAPI
    prototype: GroupAPI

    async def new(self, new: int, class_: str, this: bool) -> Promise: ...
    async def constructor(self) -> Names: ...
    async def switch(self, function: str, in_: int = 1, *, default: int = 0) -> None: ...
    async def to_string(self, arguments: int, eval: int) -> Item: ...  # noqa: A002 - that is the point
    async def get(self, value: Item2, item: ItemInput, other: Item2Input) -> Item2: ...
    async def set(self, text: string) -> Größe: ...
    async def odd(self) -> Odd: ...
    async def headers(self, headers: Headers) -> Headers: ...
