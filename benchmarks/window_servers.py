"""What people put behind a window instead: a WebSocket and FastAPI, each on a port of localhost.

Prints both ports, and serves until its stdin ends. Both are as quick as can be had without effort:
msgspec for the WebSocket's messages, which are not compressed; uvicorn with all that it offers.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator  # noqa: TC003 - read at run time
from typing import Any, Final

import fastapi
import msgspec
import uvicorn
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from websockets.asyncio.server import ServerConnection, serve

HOST: Final = "127.0.0.1"

# --------------------------------------------------------------------------------------- WebSocket


class Request(msgspec.Struct):
    id: int
    method: str
    params: list[Any]


decode = msgspec.json.Decoder(Request).decode
encode = msgspec.json.Encoder().encode


async def converse(connection: ServerConnection) -> None:
    async for message in connection:
        request = decode(message)
        result = await answer(connection, request.method, *request.params)
        await send(connection, {"id": request.id, "result": result})


async def answer(connection: ServerConnection, method: str, *params: Any) -> object:
    match method, params:
        case "add", (a, b):
            return a + b
        case "echo", (text,):
            return text
        case "text", (size,):
            return "x" * size
        case "tellNumbers", (up_to,):
            for number in range(up_to):
                await send(connection, {"method": "counted", "params": [number]})
            return None
        case _:
            raise ValueError(method)


async def send(connection: ServerConnection, message: dict[str, Any]) -> None:
    await connection.send(encode({"jsonrpc": "2.0", **message}), text=True)


# ----------------------------------------------------------------------------------------- FastAPI

app: Final = fastapi.FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])


class Numbers(BaseModel):
    a: float
    b: float


class Text(BaseModel):
    text: str


class Size(BaseModel):
    size: int


class UpTo(BaseModel):
    up_to: int


@app.post("/add")
async def add(numbers: Numbers) -> float:
    return numbers.a + numbers.b


@app.post("/echo")
async def echo(text: Text) -> str:
    return text.text


@app.post("/text")
async def text_of(size: Size) -> str:
    return "x" * size.size


@app.post("/numbers")
async def numbers_up_to(up_to: UpTo) -> StreamingResponse:
    async def lines() -> AsyncIterator[bytes]:
        for number in range(up_to.up_to):
            yield b"%d\n" % number

    return StreamingResponse(lines(), media_type="application/x-ndjson")


# ------------------------------------------------------------------------------------------ running


async def main() -> None:
    listening = socket.create_server((HOST, 0))
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    async with serve(converse, HOST, 0, max_size=None, compression=None) as web_socket:
        (first,) = web_socket.sockets
        print(first.getsockname()[1], listening.getsockname()[1], flush=True)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await serving


if __name__ == "__main__":
    asyncio.run(main())
