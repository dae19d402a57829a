"""How much of everything a worker takes on, and why these numbers."""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["NESTING", "Limits"]

MIB: Final = 1024 * 1024

NESTING: Final = 500
"""Levels of arrays and objects in one message. A number of our own, so that what is accepted does
not depend on the interpreter's recursion limit, or on how deep the stack happens to be."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits of one worker, as `system.hello` tells them (protocol, section 9).

    Attributes:
        message_bytes: The longest line that is read; a longer one is skipped in bounded memory.
        response_bytes: The longest result that is written; a longer one becomes an error.
        batch_entries: Entries of one batch.
        running: Handlers that run at the same time; the rest waits in order.
        queued_requests: Requests that wait for their turn; one more is refused as busy.
        soft_output_bytes: Output that the host has not taken, past which nothing new is started.
        hard_bytes: Queued input and output together, past which reading stops.
        streams: Open streams of one session.
    """

    message_bytes: int = 64 * MIB
    response_bytes: int = 64 * MIB
    batch_entries: int = 10_000
    running: int = 1_000
    queued_requests: int = 200_000
    soft_output_bytes: int = 16 * MIB
    hard_bytes: int = 256 * MIB
    streams: int = 1_000
