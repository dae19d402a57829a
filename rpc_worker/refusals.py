"""What is said to requests that are not taken on, and of answers that cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Raw

from rpc_worker.errors import ErrorCode
from rpc_worker.messages import ErrorObject

if TYPE_CHECKING:
    from rpc_worker.limits import Limits

__all__ = [
    "CANCELLED",
    "ENDED",
    "EXPIRED",
    "NOT_JSON_RPC",
    "SHUTTING_DOWN",
    "WITHIN_BATCH",
    "bad_timeout",
    "batch_too_large",
    "busy",
    "in_flight_already",
    "response_too_large",
]

CANCELLED: Final = ErrorObject(ErrorCode.CANCELLED, "Cancelled")
ENDED: Final = ErrorObject(ErrorCode.CANCELLED, "Cancelled: the worker is shutting down")
EXPIRED: Final = ErrorObject(ErrorCode.DEADLINE_EXCEEDED, "Deadline exceeded")
SHUTTING_DOWN: Final = ErrorObject(ErrorCode.SHUTTING_DOWN, "The worker is shutting down")
NOT_JSON_RPC: Final = ErrorObject(
    ErrorCode.INVALID_REQUEST, 'Invalid Request: the member "jsonrpc":"2.0" is missing'
)
WITHIN_BATCH: Final = ErrorObject(
    ErrorCode.INVALID_REQUEST, "Invalid Request: a batch within a batch"
)

_SHOWN: Final = 60
"""Bytes of what came that a message shows."""


def batch_too_large(count: int, limits: Limits) -> ErrorObject:
    """Say that a batch has too many entries."""
    limit = limits.batch_entries
    message = f"Batch too large: {count} entries, the limit is {limit}"
    return ErrorObject(ErrorCode.BATCH_TOO_LARGE, message, {"limit": limit, "received": count})


def in_flight_already(identity: bytes) -> ErrorObject:
    """Say that a request has the id of another one."""
    message = f"Invalid Request: the id {identity.decode()} is in flight already"
    return ErrorObject(ErrorCode.INVALID_REQUEST, message, {"id": Raw(identity)})


def busy(limits: Limits) -> ErrorObject:
    """Say that too many requests wait."""
    limit = limits.queued_requests
    message = f"Busy: {limit} requests wait already"
    return ErrorObject(ErrorCode.BUSY, message, {"limit": limit, "received": limit + 1})


def bad_timeout(raw: Raw) -> ErrorObject:
    """Say what a deadline is."""
    shown = bytes(raw)[:_SHOWN].decode(errors="replace")
    message = f"Invalid Request: timeoutMs: expected a number from 0 on, got {shown}"
    return ErrorObject(ErrorCode.INVALID_REQUEST, message)


def response_too_large(size: int, limits: Limits) -> ErrorObject:
    """Say that a result is longer than what is sent."""
    limit = limits.response_bytes
    message = f"Response too large: {size} bytes, the limit is {limit}"
    return ErrorObject(ErrorCode.RESPONSE_TOO_LARGE, message, {"limit": limit, "received": size})
