"""jsonrpcserver on stdin and stdout, as its user would write it with care.

It brings the dispatcher and leaves the transport to its user: here asyncio's streams, a task for
each request so that none waits for another, and the writer's own pushing back.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from jsonrpcserver import Result, Success, async_dispatch, method

LIMIT: Final = 64 * 1024 * 1024


# Its decorator is typed for plain functions only, though its dispatcher takes both.
@method  # pyright: ignore[reportArgumentType] - as said
async def add(a: float, b: float) -> Result:
    return Success(a + b)


@method  # pyright: ignore[reportArgumentType] - as said
async def echo(text: str) -> Result:
    return Success(text)


async def answer(line: bytes, writer: asyncio.StreamWriter) -> None:
    if response := await async_dispatch(line.decode()):
        writer.write(response.encode() + b"\n")
        await writer.drain()


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop=loop), sys.stdout
    )
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    async with asyncio.TaskGroup() as running:
        async for line in reader:
            running.create_task(answer(line, writer))
    writer.close()


asyncio.run(main())
