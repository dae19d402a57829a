"""The floor: the least that a Python worker can do for a call, written by hand.

A blocking loop: read a line, decode it with types, call, encode, write. One call at a time, two
methods, no errors, no batches, no cancelling. What a real worker adds is measured against it.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import msgspec


class Request(msgspec.Struct):
    id: int | str
    method: str
    params: msgspec.Raw


class Response(msgspec.Struct):
    jsonrpc: str
    id: int | str
    result: object


def add(a: float, b: float) -> float:
    return a + b


def echo(text: str) -> str:
    return text


METHODS: Final[dict[str, tuple[Any, Any]]] = {
    "add": (msgspec.json.Decoder(tuple[float, float]).decode, add),
    "echo": (msgspec.json.Decoder(tuple[str]).decode, echo),
}


def main() -> None:
    decode = msgspec.json.Decoder(Request).decode
    write, flush = sys.stdout.buffer.write, sys.stdout.buffer.flush
    encode = msgspec.json.Encoder().encode
    for line in iter(sys.stdin.buffer.readline, b""):
        request = decode(line)
        decode_params, method = METHODS[request.method]
        result = method(*decode_params(request.params))
        write(encode(Response("2.0", request.id, result)) + b"\n")
        flush()


main()
