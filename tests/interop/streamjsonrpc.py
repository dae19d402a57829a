"""A client as StreamJsonRpc is one: written from its documents, with none of our code.

What it does in ways of its own, as its documents on asynchronous enumerables, progress and
marshalable objects have it: arguments and tokens go by position, ids and tokens are integers,
tokens are counted from 0, it says no hello, ends the streams that it gave to a call at the answer,
and disposes of an enumerator with a notification.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

__all__ = ["JsonRpc", "Marshaled", "Progress", "RemoteError"]

NOT_FOUND: Final = -32601
NO_MARSHALED_OBJECT: Final = -32001


class RemoteError(Exception):
    """An error answer."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class Marshaled:
    """An object that crosses by reference, for the call that it is an argument of."""

    def __init__(self, **methods: Callable[..., Any]) -> None:
        self.methods = methods


class Progress:
    """An `IProgress<T>`: what is reported until the answer."""

    def __init__(self) -> None:
        self.values: list[Any] = []


class JsonRpc:
    """One connection.

    Args:
        targets: What the worker may call.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        **targets: Callable[..., Any],
    ) -> None:
        self._writer = writer
        self._targets = targets
        self._ids = itertools.count()
        self._tokens = itertools.count()
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._generators: dict[int, AsyncIterator[Any]] = {}
        self._objects: dict[int, Marshaled] = {}
        self._listeners: dict[int, Progress] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self.reading = asyncio.create_task(self._read(reader))

    async def invoke(self, method: str, *arguments: Any) -> Any:
        """Call by position; arguments that do not serialize are marshaled until the answer."""
        tables: list[tuple[dict[int, Any], int]] = []
        try:
            return await self._send(method, [self._marshal(it, tables) for it in arguments])
        finally:
            for table, token in tables:
                table.pop(token, None)

    def notify(self, method: str, *arguments: Any) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": arguments})

    async def enumerate(self, result: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """Consume what a method returned as an `IAsyncEnumerable<T>`."""
        token, finished = result.get("token"), False
        try:
            for value in result.get("values") or ():
                yield value
            while token is not None and not finished:
                try:
                    answer = await self._send("$/enumerator/next", [token])
                except RemoteError:
                    finished = True
                    raise
                finished = answer.get("finished", False)
                assert answer["values"] or finished
                for value in answer["values"]:
                    yield value
        finally:
            if token is not None and not finished:
                self.notify("$/enumerator/abort", token)

    @property
    def held(self) -> int:
        """How much is held for the worker."""
        tables = (self._pending, self._generators, self._objects, self._listeners)
        return sum([len(table) for table in tables])

    def _marshal(self, value: Any, tables: list[tuple[dict[int, Any], int]]) -> Any:
        token = next(self._tokens)
        if hasattr(value, "__anext__"):
            self._generators[token] = value
            tables.append((self._generators, token))
            return {"token": token}
        if isinstance(value, Progress):
            self._listeners[token] = value
            tables.append((self._listeners, token))
            return token
        if isinstance(value, Marshaled):
            self._objects[token] = value
            tables.append((self._objects, token))
            return {"__jsonrpc_marshaled": 1, "handle": token, "lifetime": "call"}
        return value

    async def _send(self, method: str, params: Sequence[Any]) -> Any:
        identity = next(self._ids)
        answer = self._pending[identity] = asyncio.get_running_loop().create_future()
        self._write({"jsonrpc": "2.0", "id": identity, "method": method, "params": params})
        return await answer

    def _write(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            message = json.loads(line)
            if "method" not in message:
                self._settle(message)
            elif "id" in message:
                task = asyncio.create_task(self._answer(message))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            else:
                self._notified(message["method"], message["params"])

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._pending.pop(message["id"])
        if "error" in message:
            error = message["error"]
            answer.set_exception(RemoteError(error["code"], error["message"], error.get("data")))
        else:
            answer.set_result(message["result"])

    async def _answer(self, request: dict[str, Any]) -> None:
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            result = await self._serve(request["method"], request.get("params", []))
        except RemoteError as error:
            self._write({**answer, "error": {"code": error.code, "message": str(error)}})
        else:
            self._write({**answer, "result": result})

    async def _serve(self, method: str, params: Any) -> Any:
        if method == "$/enumerator/next":
            return await self._next(_token_of(params))
        if method == "$/enumerator/abort":
            self._generators.pop(_token_of(params), None)
            return None
        if method.startswith("$/invokeProxy/"):
            _, _, handle, name = method.split("/")
            marshaled = self._objects.get(int(handle))
            if marshaled is None:
                raise RemoteError(NO_MARSHALED_OBJECT, "No such object")
            return marshaled.methods[name](*params)
        if method in self._targets:
            return self._targets[method](*params)
        raise RemoteError(NOT_FOUND, f"No method {method}")

    async def _next(self, token: int) -> dict[str, Any]:
        """Answer with one value: by default StreamJsonRpc neither reads ahead nor batches."""
        generator = self._generators.get(token)
        if generator is None:
            raise RemoteError(NO_MARSHALED_OBJECT, "No such enumerable")
        async for value in generator:
            return {"values": [value], "finished": False}
        del self._generators[token]
        return {"values": [], "finished": True}

    def _notified(self, method: str, params: Any) -> None:
        if method == "$/progress" and params["token"] in self._listeners:
            self._listeners[params["token"]].values.append(params["value"])
        elif method == "$/enumerator/abort":
            self._generators.pop(_token_of(params), None)
        elif method.startswith("$/invokeProxy/"):
            _, _, handle, name = method.split("/")
            self._objects[int(handle)].methods[name](*params)


def _token_of(params: Any) -> int:
    token: object = params["token"] if "token" in params else params[0]
    assert isinstance(token, int)
    return token
