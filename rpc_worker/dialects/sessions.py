"""The session of all kkrpc clients of a pipe: what the channel tells it is written as kkrpc's.

The rest of the worker knows JSON-RPC's words for what a session is told and asked: a callback is a
notification with a handle in its name, progress is `$/progress`, and so on. Here they become what
kkrpc has for them. What kkrpc has nothing for, a cancel or an event, is not said at all.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker import schema
from rpc_worker.callbacks import invoked
from rpc_worker.dialects.calling import CALLBACK, PROGRESS, outgoing
from rpc_worker.dialects.codecs import Codec, codec_of
from rpc_worker.dialects.errors import as_error_object
from rpc_worker.dialects.flows import Drawn, Served
from rpc_worker.dialects.kkrpc2 import Kkrpc2, flow_of
from rpc_worker.dialects.lending import Releases, Theirs
from rpc_worker.dialects.wire import Answers, Function, Wire
from rpc_worker.dispatch import error_object
from rpc_worker.errors import ErrorCode, RemoteError, RpcError
from rpc_worker.messages import NULL, ErrorObject
from rpc_worker.reports import progress_came
from rpc_worker.sessions import Session

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

    from rpc_worker.calls import Call
    from rpc_worker.contract import Contract, Method
    from rpc_worker.dialects.wire import Argument
    from rpc_worker.interfaces import Host
    from rpc_worker.limits import Limits
    from rpc_worker.producers import Producer

__all__ = ["NAME", "KkrpcSession"]

NAME: Final = "kkrpc:"
"""What the session is called: no id of JSON-RPC can name it, and no hello."""

_encode: Final = msgspec.json.Encoder().encode
_decode_list: Final = msgspec.json.Decoder(list[Raw]).decode

_DIGITS: Final = 20
"""Characters of the id of a function of ours, and more."""


class _Report(msgspec.Struct):
    token: int
    value: Raw


class _Token(msgspec.Struct):
    token: str


_decode_report: Final = msgspec.json.Decoder(_Report).decode
_decode_token: Final = msgspec.json.Decoder(_Token).decode


def _listen(codec: Codec, listen: Callable[[Raw], None], value: Raw) -> None:
    listen(Raw(codec.taken(value)))


class KkrpcSession(Session):
    """All kkrpc clients of a pipe, of whatever dialect: nothing on their lines tells them apart.

    Attributes:
        wire: The dialect of what came last, for calls to the page that no call of its own makes.
        functions: Functions of the page's, by handle.
        drawn: Streams of the page's, by their id.
        releases: Tells the page which of its functions nobody has any more.
    """

    def __init__(
        self,
        host: Host,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        *,
        frontend: Contract | None,
        wire: Wire,
    ) -> None:
        super().__init__(host, loop, limits, name=NAME)
        self.wire = wire
        self.functions: dict[int, Theirs] = {}
        self.drawn: dict[str, Drawn] = {}
        self.releases = Releases(self, loop)
        self._served: WeakKeyDictionary[Producer, Served] = WeakKeyDictionary()
        self._methods = {} if frontend is None else frontend.methods
        self._prefix = b'"w'
        # Whether functions of ours are about to begin.
        self._calling = False

    def write(self, *lines: bytes) -> None:
        """Write whole lines, if there is still anybody to read them."""
        if lines and not self.ended:
            self.host.send(b"".join(lines))

    def end(self) -> None:
        super().end()
        self.releases.end()

    def new_id(self) -> bytes:
        """Return the JSON text of an id that this session has not used."""
        self._requests += 1
        return b'%b%d"' % (self._prefix, self._requests)

    # ------------------------------------------------------------------------- what is sent

    def notify(self, method: str, params: bytes) -> None:
        """Write what a page is told, if kkrpc has words for it."""
        if method.startswith("$/invokeProxy/"):
            self._tell(int(method.split("/")[2]), _decode_list(params))
        elif method == "$/progress":
            report = _decode_report(params)
            self._tell(report.token, [report.value])
        elif method == "$/enumerator/abort":
            drawn = self.drawn.get(_decode_token(params).token)
            if drawn is not None:
                drawn.leave()

    def _tell(self, handle: int, values: list[Raw]) -> None:
        lent = self.functions.get(handle)
        if lent is not None:
            told = [*map(lent.wire.value, lent.codecs, values)]
            self.write(lent.wire.told(lent.id, told))

    def _ask(
        self,
        identity: bytes,
        method: str,
        params: bytes,
        left: float | None,  # noqa: ARG002 - kkrpc has no deadlines; ours holds all the same
        call: Call | None,
    ) -> None:
        if method == "$/enumerator/next":
            drawn = self.drawn.get(_decode_token(params).token)
            if drawn is None:
                raise RemoteError("the stream has ended", method=method)
            drawn.next(identity)
            return
        wire = self.wire
        if call is not None and isinstance(call.dialect, Answers):
            wire = call.dialect.wire
        arguments = outgoing(self._methods[method], params, wire)
        self._expect_reports(self._methods[method], arguments)
        self.write(wire.request(identity, method, arguments))

    def _expect_reports(self, method: Method, arguments: Sequence[Argument]) -> None:
        """Have what is told of progress listen to bytes as kkrpc's clients write them."""
        positional = [p.type for p in method.parameters if not p.keyword]
        for node, argument in zip(positional, arguments, strict=False):
            if isinstance(node, schema.Progress) and isinstance(argument, Function):
                codec, token = codec_of(node.value), argument.id.removeprefix(PROGRESS).encode()
                listen = self.progress[token]
                if codec.has_bytes:
                    self.progress[token] = partial(_listen, codec, listen)

    def draw(self, wire: Wire, sid: str, codec: Codec) -> Drawn:
        """Return a stream of the page's, which is pulled when somebody asks for its items.

        Raises:
            RpcError: Somebody reads it already (-32602).
        """
        if not isinstance(wire, Kkrpc2):
            raise TypeError(f"{wire.name} has no streams")
        if sid in self.drawn:
            message = f"Invalid params: the stream {sid[:100]} is read already, and has one reader"
            raise RpcError(message, code=ErrorCode.INVALID_PARAMS)
        drawn = Drawn(self, wire, sid, codec, settle=self.answered, forget=self._forget)
        self.drawn[sid] = drawn
        return drawn

    def _forget(self, sid: str, drawn: Drawn) -> None:
        # It may be forgotten twice, and another have its id by then.
        if self.drawn.get(sid) is drawn:
            del self.drawn[sid]

    # -------------------------------------------------------------------------- what is heard

    def settle(
        self, wire: Wire, identity: bytes, result: Raw | UnsetType, error: Raw | UnsetType
    ) -> None:
        """Take the page's answer to one of our calls; ignore one that nobody waits for.

        What the page has called before it answered goes first: our functions begin in the loop's
        next pass only, before Python 3.12.
        """
        if self._calling:
            self.loop.call_soon(self._settle, wire, identity, result, error)
        else:
            self._settle(wire, identity, result, error)

    def _settle(
        self, wire: Wire, identity: bytes, result: Raw | UnsetType, error: Raw | UnsetType
    ) -> None:
        pending = self.pending.get(identity)
        method = None if pending is None else self._methods.get(pending.method)
        if pending is None or method is None:
            return
        if error is not UNSET:
            self.answered(identity, UNSET, as_error_object(error))
            return
        value = Raw(NULL) if result is UNSET else result
        codec = codec_of(method.result)
        if not isinstance(method.result, schema.Stream):
            self.answered(identity, Raw(codec.taken(value)) if codec.has_bytes else value, UNSET)
            return
        flow = flow_of(value) if wire.has_streams else None
        if flow is None:
            # Whatever has an end can be given whole.
            body = b'{"values":%b}' % codec.taken(value)
        else:
            try:
                drawn = self.draw(wire, flow.id, codec_of(method.result.item))
            except RpcError as twice:
                self.answered(identity, UNSET, Raw(_encode(error_object(twice))))
                return
            if pending.scope is not None:
                pending.scope.attach(drawn)
            body = b'{"token":%b}' % _encode(flow.id)
        self.answered(identity, Raw(body), UNSET)

    def unreadable(self, identity: bytes) -> None:
        """Take note that the page's answer to one of our calls was lost on its way."""
        self.answered(identity, UNSET, UNSET)

    def called(self, function: str, arguments: Sequence[Raw]) -> None:
        """Have a function of ours run that the page calls; one that has ended is nobody's."""
        kind, name = function[:1], function[1:]
        params = b",".join(arguments)
        if not self._calling:
            self._calling = True
            self.loop.call_soon(self._have_called)
        if kind == CALLBACK:
            params = b",".join(self._taken(name, arguments))
            invoked(self, f"$/invokeProxy/{name}/invoke", Raw(b"[%b]" % params), None)
        elif kind == PROGRESS and name.isdecimal() and len(arguments) == 1:
            progress_came(self, Raw(b'{"token":%b,"value":%b}' % (name.encode(), params)))

    def _taken(self, handle: str, arguments: Sequence[Raw]) -> Sequence[Raw | bytes]:
        """Return what a function of ours is given, with bytes as its decoders want them."""
        known = handle.isdecimal() and len(handle) < _DIGITS
        exposed = self.handles.get(int(handle)) if known else None
        parameters = () if exposed is None else exposed.handler.method.parameters
        if len(parameters) != len(arguments):
            return arguments
        pairs = zip(parameters, arguments, strict=True)
        return [codec_of(parameter.type).taken(each) for parameter, each in pairs]

    def _have_called(self) -> None:
        self._calling = False

    def released(self, functions: Iterable[str]) -> None:
        """Forget functions of ours that the page has forgotten."""
        for function in functions:
            if function[:1] == CALLBACK and function[1:].isdecimal() and len(function) < _DIGITS:
                self.handles.pop(int(function[1:]), None)

    def pulled(self, wire: Kkrpc2, identity: bytes, sid: str, op: str, count: int) -> None:
        """Act on what a page wants of a stream of ours."""
        producer = self.streams.get(sid.encode(errors="replace"))
        served = None if producer is None else self._serve(wire, producer, sid)
        if op == "return":
            if producer is not None and served is not None:
                served.left = True
                producer.abort()
            self.write(wire.over(identity, sid))
        elif producer is None or served is None:
            message = f"Unknown stream: {sid[:100]}; it has ended, or was not asked for for long"
            error = ErrorObject(ErrorCode.UNKNOWN_TOKEN, message)
            self.write(wire.failed(identity, sid, error))
        elif op == "pull":
            served.pull(count)
        else:
            served.left = True
            producer.abort()
            why = "nothing can be thrown into it" if op == "throw" else "that is no operation"
            message = f"{op[:100]} ends a stream here: {why}"
            error = ErrorObject(ErrorCode.METHOD_NOT_FOUND, message)
            self.write(wire.failed(identity, sid, error))

    def _serve(self, wire: Kkrpc2, producer: Producer, sid: str) -> Served:
        served = self._served.get(producer)
        if served is None:
            served = self._served[producer] = Served(self, wire, producer, sid)
        return served
