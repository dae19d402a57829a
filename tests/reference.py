"""The contract and the implementation that the wire vectors are written for."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import RpcError, raises


class NotFound(RpcError, code=4004):  # noqa: N818 - named as its users would
    """There is no such file."""

    path: str


class TextAPI(Protocol):
    async def upper_case(self, text: str) -> str: ...


class ReferenceAPI(Protocol):
    """What the examples of the JSON-RPC 2.0 specification call, and a little more."""

    text: TextAPI

    async def subtract(self, minuend: int, subtrahend: int) -> int: ...
    async def sum(self, a: int, b: int, c: int) -> int: ...
    async def get_data(self) -> tuple[str, int]: ...
    async def update(self, a: int, b: int, c: int, d: int, e: int) -> None: ...
    async def notify_hello(self, value: int) -> None: ...
    async def notify_sum(self, a: int, b: int, c: int) -> None: ...
    async def nothing(self) -> None: ...
    async def greet(self, name: str, *, punctuation: str = "") -> str: ...
    @raises(NotFound)
    async def open(self, path: str) -> str: ...
    async def refuse(self) -> None: ...
    async def divide(self, a: float, b: float) -> float: ...


class Text:
    async def upper_case(self, text: str) -> str:
        return text.upper()


class Reference(ReferenceAPI):
    def __init__(self) -> None:
        self.text: TextAPI = Text()

    async def subtract(self, minuend: int, subtrahend: int) -> int:
        return minuend - subtrahend

    async def sum(self, a: int, b: int, c: int) -> int:
        return a + b + c

    async def get_data(self) -> tuple[str, int]:
        return ("hello", 5)

    async def update(self, a: int, b: int, c: int, d: int, e: int) -> None:
        pass

    async def notify_hello(self, value: int) -> None:
        pass

    async def notify_sum(self, a: int, b: int, c: int) -> None:
        pass

    async def nothing(self) -> None:
        pass

    async def greet(self, name: str, *, punctuation: str = "") -> str:
        return f"Hello, {name}{punctuation}"

    async def open(self, path: str) -> str:
        raise NotFound(path)

    async def refuse(self) -> None:
        raise RpcError("not today")

    async def divide(self, a: float, b: float) -> float:
        if b == 0:
            raise ValueError("the divisor is zero")
        return a / b
