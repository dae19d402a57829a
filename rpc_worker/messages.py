"""One line to one message, and one answer to one line (protocol, sections 1, 2 and 10).

The messages are a closed set: `Request`, `Response`, `Batch`, `Invalid` and, for a line of another
dialect, `Foreign`. A request without an id is a notification, as the specification of JSON-RPC says
it. Params and results stay undecoded here, since only the method knows their types.

Nothing here reads or writes anything, and nothing here knows of methods. Of a foreign line, only
how to tell that it is one is known here.
"""

# Annotations are evaluated here, in passing: were they texts, msgspec would evaluate each of them
# by itself, which takes longer than it takes to make all decoders.

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.errors import ErrorCode
from rpc_worker.limits import NESTING
from rpc_worker.lines import HEAD, Line, Oversized

if TYPE_CHECKING:
    from rpc_worker.calls import Trace
    from rpc_worker.interfaces import Dialect

    Id: TypeAlias = bytes
else:
    # A decoder only knows Raw; `decode` leaves bytes there, which hash and do not pin the line.
    Id = Raw

__all__ = [
    "JOINED",
    "JSON_RPC",
    "NULL",
    "Batch",
    "ErrorObject",
    "Foreign",
    "Id",
    "Invalid",
    "Message",
    "Request",
    "Response",
    "are_readable",
    "batch_parts",
    "decode",
    "decode_lines",
    "decode_oversized",
    "error_line",
    "is_readable",
    "is_utf8",
    "milliseconds",
    "notification_line",
    "request_line",
    "result_line",
    "result_parts",
    "text",
]

JOINED: Final = 64 * 1024
"""Bytes from which on a part of an answer is written as it is, not copied into a joined write; and
of notifications that are written at once, not at the end of the loop's pass."""

NULL: Final = b"null"
"""The id of an answer to a request whose id could not be read."""


class Request(msgspec.Struct, gc=False):
    """A request, or a notification if `id` is UNSET.

    Attributes:
        method: The name as it came.
        id: The id's own bytes, to be echoed and compared as they are.
        params: A JSON array or object, undecoded; or whatever else was sent as params.
        session: Of a notification, the session that it is of, as it was sent.
        timeout: Milliseconds that it may take, as they were sent; `milliseconds` reads them.
        traceparent: Where it is in a trace, as W3C has it, as it was sent; `text` reads it.
        tracestate: What belongs to that.
    """

    jsonrpc: Literal["2.0"]
    method: str
    id: Id | UnsetType = UNSET
    params: Raw | UnsetType = UNSET
    session: Raw | UnsetType = UNSET
    timeout: Raw | UnsetType = msgspec.field(default=UNSET, name="timeoutMs")
    traceparent: Raw | UnsetType = UNSET
    tracestate: Raw | UnsetType = UNSET


class Response(msgspec.Struct):
    """What looks like an answer: it has a result or an error, and no method.

    Attributes:
        result: UNSET, as `error` is, if the line could not be read beyond its first members.
    """

    id: bytes
    result: Raw | UnsetType
    error: Raw | UnsetType


class Batch(msgspec.Struct):
    """Several messages on one line, at least one; `decode` takes each entry."""

    entries: list[Raw]


class ErrorObject(msgspec.Struct, omit_defaults=True):
    """The specification's error object; `data` is left out where there is none."""

    code: int
    message: str
    data: Any = UNSET


class Invalid(msgspec.Struct):
    """What is no message, with the answer that it gets."""

    id: bytes
    error: ErrorObject


class Foreign(msgspec.Struct):
    """A line of another dialect: without `jsonrpc`, and with what only kkrpc's lines have.

    Attributes:
        line: All of it; only its head, if it is past the limit.
        error: Why it cannot be read; None if nothing is known to be wrong with it.
    """

    line: bytes
    error: ErrorObject | None = None


Message: TypeAlias = Request | Response | Batch | Invalid | Foreign


class _Envelope(msgspec.Struct):
    """Any object: to find out why something did not decode as a request."""

    jsonrpc: Raw | UnsetType = UNSET
    method: Raw | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET
    # What tells other dialects.
    t: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET


_decode_request: Final = msgspec.json.Decoder(Request | list[Raw]).decode
_decode_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_check_grammar: Final = msgspec.json.Decoder(Raw).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_Milliseconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
_decode_milliseconds: Final = msgspec.json.Decoder(_Milliseconds).decode
_encode: Final = msgspec.json.Encoder().encode

_NESTING_BYTES: Final = 2 * NESTING
"""What nesting past the limit takes at least."""

# ----------------------------------------------------------------------------- reading


def decode_lines(lines: Sequence[Line | Oversized], limit: int) -> Sequence[Message]:
    """Return what each line of a chunk says. Never raises.

    Several requests that are short and well-formed, as most are, take the first way: what can be
    asked of all of them together costs each of them next to nothing.

    Args:
        lines: Whole ones, and those that are longer than the limit.
        limit: Bytes that a line may have.
    """
    # What nests too deeply is longer than that, and so is what is past the limit.
    if len(lines) > 1 and limit >= max(map(len, lines)) <= _NESTING_BYTES:
        requests = _decode_requests(cast("Sequence[Line]", lines))
        if requests is not None:
            return requests
    messages: list[Message] = []
    for line in lines:
        if isinstance(line, Oversized):
            messages.append(decode_oversized(line, limit))
        else:
            messages.append(decode(line))
    return messages


def _decode_requests(lines: Sequence[Line]) -> Sequence[Message] | None:
    """Return what short lines say, or None if one of them is no request, or not a good one."""
    text = b"\n".join(lines)
    if not text.isascii() and not is_utf8(text):
        return None
    try:
        messages: list[Any] = [*map(_decode_request, lines)]
    except (msgspec.DecodeError, RecursionError):
        return None
    for message in messages:
        if not isinstance(message, Request):
            return None
        if (identity := message.id) is not UNSET:
            # This copies the bytes in half the time that `bytes(identity)` takes.
            message.id = identity = b"" + identity
            if identity[0] not in _ID_STARTS:
                return None
    return messages


def decode(line: Line) -> Message:
    """Return what a line, or an entry of a batch, says. Never raises.

    A well-formed request takes the first way, which is a single decode. Everything else is looked
    at again, loosely, for the reason and, where it can be read, the id.
    """
    if not line.isascii() and not is_utf8(line):
        return _unreadable(line, "not UTF-8")
    try:
        message: Request | list[Raw] = _decode_request(line)
    except (msgspec.DecodeError, RecursionError) as error:
        return _decode_loosely(bytes(line), error)
    # Nesting takes two bytes a level, so most lines are too short to be looked at.
    if len(line) > _NESTING_BYTES and _nests_too_deeply(line):
        return _too_deep(line)
    if not isinstance(message, Request):
        return Batch(message) if message else _invalid(NULL, "an empty batch")
    if (identity := message.id) is not UNSET:
        message.id = identity = b"" + identity
        if identity[0] not in _ID_STARTS:
            return _bad_id(identity)
    return message


def are_readable(lines: Sequence[Line]) -> bool:
    """Tell whether lines are all short, and UTF-8; then none can nest deeper than it may."""
    if max(map(len, lines)) > _NESTING_BYTES:
        return False
    text = lines[0] if len(lines) == 1 else b"\n".join(lines)
    return text.isascii() or is_utf8(text)


def is_readable(line: Line) -> bool:
    """Tell whether a line is UTF-8 and nests no deeper than it may; `decode` says what is wrong."""
    if not line.isascii() and not is_utf8(line):
        return False
    return len(line) <= _NESTING_BYTES or not _nests_too_deeply(line)


def decode_oversized(line: Oversized, limit: int) -> Response | Invalid | Foreign:
    """Return what a line past the limit was, as far as its head shows it."""
    error = ErrorObject(
        ErrorCode.MESSAGE_TOO_LARGE,
        f"Message too large: {line.length} bytes on one line, the limit is {limit}",
        {"limit": limit, "received": line.length},
    )
    return _salvaged(line.head, error)


def milliseconds(raw: Raw) -> float | None:
    """Return what stands as `timeoutMs`, or None if it is no finite number from 0 on."""
    try:
        found: float = _decode_milliseconds(raw)
    except msgspec.DecodeError:
        return None
    return found


def text(raw: Raw | UnsetType) -> str | None:
    """Return what stands where a text belongs, or None if it is missing or something else."""
    if raw is UNSET:
        return None
    try:
        return _decode_text(raw)
    except msgspec.DecodeError:
        return None


def _decode_loosely(line: bytes, error: Exception) -> Response | Invalid | Foreign:
    """Say what is wrong with a line that is no request."""
    deep = len(line) > _NESTING_BYTES and _nests_too_deeply(line)
    if deep or isinstance(error, RecursionError):
        return _too_deep(line)
    try:
        # A mismatch of types hides a later mistake in the grammar, so that comes first.
        _check_grammar(line)
    except msgspec.DecodeError as reason:
        return _unreadable(line, _plainly(line, str(reason)))
    if line.lstrip()[:1] != b"{":
        return _invalid(NULL, f"expected an object or an array, got {_excerpt(line)}")
    envelope = _decode_envelope(line)
    return Foreign(line) if _is_foreign(line, envelope) else _explain(envelope)


def _is_foreign(line: bytes, envelope: _Envelope) -> bool:
    """Tell whether an object is another dialect's (protocol, section 13)."""
    if envelope.jsonrpc is not UNSET:
        return False
    typed = envelope.type is not UNSET and bytes(envelope.type)[:1] == b'"'
    return typed or envelope.t is not UNSET or line.startswith(b'{"json":')


def _explain(envelope: _Envelope) -> Response | Invalid:
    """Tell an answer from a request that lacks something."""
    identity = NULL if envelope.id is UNSET else bytes(envelope.id)
    if envelope.method is UNSET and not (envelope.result is UNSET and envelope.error is UNSET):
        return Response(identity, envelope.result, envelope.error)
    if identity[0] not in _ID_STARTS:
        return _bad_id(identity)
    if envelope.jsonrpc is UNSET:
        return _invalid(identity, 'the member "jsonrpc":"2.0" is missing')
    if (version := bytes(envelope.jsonrpc)) != b'"2.0"':
        return _invalid(identity, f'jsonrpc: expected "2.0", got {_excerpt(version)}')
    if envelope.method is UNSET:
        return _invalid(identity, 'the member "method" is missing')
    found = _excerpt(bytes(envelope.method))
    return _invalid(identity, f"method: expected a string, got {found}")


def _plainly(line: bytes, reason: str) -> str:
    """Return msgspec's reason, but what it says of half a surrogate pair in words of our own."""
    if b"\\ud" in line.lower() and ("truncated" in reason or "escape" in reason):
        return f"a lone surrogate in a string, which UTF-8 cannot carry, or else: {reason}"
    return reason


def _unreadable(line: Line, reason: str) -> Response | Invalid | Foreign:
    return _salvaged(line, ErrorObject(ErrorCode.PARSE_ERROR, f"Parse error: {reason}"))


def _too_deep(line: Line) -> Response | Invalid | Foreign:
    reason = f"arrays and objects nested more than {NESTING} levels deep"
    error = ErrorObject(ErrorCode.PARSE_ERROR, f"Parse error: {reason}", {"limit": NESTING})
    return _salvaged(line, error)


def _salvaged(text: Line, error: ErrorObject) -> Response | Invalid | Foreign:
    """Return the error with the id that the beginning of a line shows; answers get no answer."""
    from rpc_worker.salvage import is_foreign, salvage  # noqa: PLC0415 - only for what is unreadable

    head = bytes(text[:HEAD])
    if is_foreign(head):
        return Foreign(head, error)
    identity, answers = salvage(head)
    if identity is None or identity[0] not in _ID_STARTS or not is_utf8(identity):
        identity = NULL
    return Response(identity, UNSET, UNSET) if answers else Invalid(identity, error)


def _invalid(identity: bytes, reason: str) -> Invalid:
    return Invalid(identity, ErrorObject(ErrorCode.INVALID_REQUEST, f"Invalid Request: {reason}"))


def _bad_id(identity: bytes) -> Invalid:
    return _invalid(NULL, f"id: expected a string, a number or null, got {_excerpt(identity)}")


def _nests_too_deeply(line: Line) -> bool:
    if line.count(b"[") + line.count(b"{") <= NESTING:
        return False
    from rpc_worker.salvage import nests_too_deeply  # noqa: PLC0415 - few lines have that many

    return nests_too_deeply(bytes(line), NESTING)


def _excerpt(text: bytes, length: int = 60) -> str:
    """Return the beginning of some JSON, for a message to people."""
    shown = text[:length].decode(errors="replace")
    return f"{shown}…" if len(text) > length else shown


_ID_STARTS: Final = frozenset(b'"-0123456789n')
"""First bytes of a JSON string, number or null; true, false, arrays and objects are no ids."""


def is_utf8(text: Line) -> bool:
    """Tell whether bytes are UTF-8."""
    # msgspec does not look into what it leaves undecoded, and of that a part is echoed.
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


# ----------------------------------------------------------------------------- writing


def result_line(identity: bytes, result: bytes) -> bytes:
    """Return the line of an answer."""
    return b"".join((b'{"jsonrpc":"2.0","id":', identity, b',"result":', result, b"}\n"))


def result_parts(identity: bytes, result: bytes) -> tuple[bytes, ...]:
    """Return the same in parts: a large result need not be copied to be framed."""
    return b'{"jsonrpc":"2.0","id":%b,"result":' % identity, result, b"}\n"


def error_line(identity: bytes, error: ErrorObject) -> bytes:
    """Return the line of an answer that says what went wrong. `error.data` must be encodable."""
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}\n' % (identity, _encode(error))


def notification_line(method: str, params: bytes, session: str | None = None) -> bytes:
    """Return the line of a notification, to one session or to everybody.

    Who reads tells by the first bytes whether a line is for another session.

    Args:
        method: The name on the wire.
        params: JSON text.
        session: The session that it is for; None for all.
    """
    head = b"" if session is None else b'"session":"%b",' % session.encode()
    return b'{"jsonrpc":"2.0",%b"method":%b,"params":%b}\n' % (head, _encode(method), params)


def request_line(
    identity: bytes,
    method: str,
    params: bytes,
    timeout_ms: float | None = None,
    trace: "Trace | None" = None,
) -> bytes:
    """Return the line of a request of ours; its deadline and its trace, where it has them."""
    line = b'{"jsonrpc":"2.0","id":%b,"method":%b,"params":%b' % (
        *(identity, _encode(method)),
        params,
    )
    if timeout_ms is not None:
        # Rounded up: the peer must not give up before we do.
        line += b',"timeoutMs":%d' % ceil(timeout_ms)
    if trace is not None:
        line += b',"traceparent":%b' % _encode(trace.traceparent)
        if trace.tracestate is not None:
            line += b',"tracestate":%b' % _encode(trace.tracestate)
    return line + b"}\n"


class _JsonRpc:
    """JSON-RPC itself."""

    carries_items = True
    stream = staticmethod(result_line)
    error = staticmethod(error_line)

    @staticmethod
    def result(identity: bytes, body: bytes) -> tuple[bytes, ...]:
        if len(body) > JOINED:
            return result_parts(identity, body)
        return (result_line(identity, body),)


JSON_RPC: "Final[Dialect]" = _JsonRpc()


def batch_parts(answers: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return one line from the lines of several answers, in parts."""
    return b"[", b",".join(line[:-1] for line in answers), b"]\n"
