"""The arguments of one method, from those that a kkrpc client gave to the params of a call.

kkrpc knows arguments by position only. A function or a stream among them becomes what the protocol
has in its place, a handle or a token, where the contract has a callback, progress or a stream; what
is undefined is left out, and keyword-only parameters are the members of a last object, as they are
in TypeScript.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker import schema
from rpc_worker.contract import REQUIRED
from rpc_worker.dialects.codecs import Codec, codec_of
from rpc_worker.dialects.wire import Argument, Flow, Function, Strange
from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.messages import NULL
from rpc_worker.schema import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.contract import Method, Parameter

__all__ = ["Arguments", "Lending"]

_encode: Final = msgspec.json.Encoder().encode


class Lending(Protocol):
    """Takes what a page keeps, for as long as a call lives."""

    def function(self, identity: str, types: Sequence[schema.Type]) -> int:
        """Return the handle of a function of the page's, which takes values of these types."""
        ...

    def flow(self, identity: str, node: schema.Stream) -> bytes:
        """Return the token of a stream of the page's, as JSON text.

        Raises:
            RpcError: Another call reads it (-32602).
        """
        ...


class Arguments:
    """How one method is given its arguments.

    Attributes:
        plain: Whether an array of values is the params as they are.
    """

    def __init__(self, method: Method) -> None:
        self._method = method
        self._positional = [p for p in method.parameters if not p.keyword]
        self._keywords = {p.wire: p for p in method.parameters if p.keyword}
        self._codecs = {
            p.wire: codec
            for p in method.parameters
            if not isinstance(p.type, schema.Reference) and (codec := Codec(p.type)).has_bytes
        }
        self._out_of_reach = next(
            (
                name
                for name, p in self._keywords.items()
                if isinstance(p.type, schema.Callback | schema.Stream) and p.default is REQUIRED
            ),
            None,
        )
        refers = any(isinstance(p.type, schema.Reference) for p in method.parameters)
        self.plain = not (self._keywords or self._codecs or refers)

    def params(self, given: Sequence[Argument], lending: Lending) -> bytes:
        """Return the params that arguments stand for.

        Args:
            given: All of them.
            lending: Takes what stays at the page's.

        Raises:
            RpcError: One is a function or a stream where the contract has something else, or a
                stream that is read already, or the method has to have one by its name (-32602).
        """
        if self._out_of_reach is not None:
            message = f"Invalid params: {self._method.wire}: {self._out_of_reach} {_BY_NAME}"
            raise RpcError(message, code=ErrorCode.INVALID_PARAMS)
        found = [*given]
        for place, parameter in enumerate(self._positional[: len(found)]):
            if found[place] is UNSET and parameter.default is REQUIRED:
                # As it would be in plain JSON: None may be what is wanted there.
                found[place] = Raw(NULL)
        while found and found[-1] is UNSET:
            found.pop()
        options: dict[str, Raw] = {}
        if self._keywords and len(found) == len(self._positional) + 1:
            options = self._options(found.pop())
        if len(found) > len(self._positional):
            # The decoder tells of what is too many, unless the function takes any number.
            return b"[%b]" % b",".join(starmap(self._surplus, enumerate(found)))
        bodies: dict[str, Raw | bytes] = {}
        for parameter, argument in zip(self._positional, found, strict=False):
            if not isinstance(argument, UnsetType):
                bodies[parameter.wire] = self._body(parameter, argument, lending)
        if not options and len(bodies) == len(found):
            return b"[%b]" % b",".join(bodies.values())
        for name, value in options.items():
            option = self._keywords.get(name)
            bodies[name] = value if option is None else self._body(option, value, lending)
        return _encode({name: Raw(bytes(body)) for name, body in bodies.items()})

    def _surplus(self, place: int, argument: Argument) -> Raw | bytes:
        if isinstance(argument, UnsetType):
            return NULL
        if not isinstance(argument, Raw):
            raise self._misfit(f"argument {place + 1}", "a value", argument)
        return argument

    def _options(self, last: Argument) -> dict[str, Raw]:
        try:
            if isinstance(last, Raw):
                return msgspec.json.decode(last, type=dict[str, Raw])
        except (msgspec.DecodeError, RecursionError):
            pass
        names = ", ".join(self._keywords)
        named = [n for n, p in self._keywords.items() if isinstance(p.type, schema.Reference)]
        why = f": {', '.join(named)} {_BY_NAME}" if named and not isinstance(last, Raw) else ""
        raise self._misfit("options", f"an object of {names}", last, why)

    def _body(self, parameter: Parameter, argument: Any, lending: Lending) -> Raw | bytes:
        node = parameter.type
        if isinstance(node, schema.Stream):
            return self._stream(parameter, node, argument, lending)
        if isinstance(node, (schema.Callback, schema.Progress)):
            return self._function(parameter, node, argument, lending)
        if not isinstance(argument, Raw):
            raise self._misfit(parameter.wire, describe(node), argument)
        codec = self._codecs.get(parameter.wire)
        return argument if codec is None else codec.taken(argument)

    def _stream(
        self, parameter: Parameter, node: schema.Stream, argument: Argument, lending: Lending
    ) -> bytes:
        if isinstance(argument, Flow):
            return b'{"token":%b}' % lending.flow(argument.id, node)
        if isinstance(argument, Raw):
            text = bytes(argument)
            if text[:1] == b"[":
                return b'{"values":%b}' % codec_of(node).taken(argument)
            if text == b"null":
                return text
        raise self._misfit(parameter.wire, f"a stream, {describe(node)}", argument)

    def _function(
        self,
        parameter: Parameter,
        node: schema.Callback | schema.Progress,
        argument: Argument,
        lending: Lending,
    ) -> bytes:
        if isinstance(argument, Function):
            if isinstance(node, schema.Progress):
                return b"%d" % lending.function(argument.id, (node.value,))
            if node.result is not None:
                raise self._misfit(
                    parameter.wire, "a function whose answer is waited for", argument, _ONE_WAY
                )
            form = b'{"__jsonrpc_marshaled":1,"handle":%d,"lifetime":"call"}'
            return form % lending.function(argument.id, node.parameters)
        if isinstance(argument, Raw) and bytes(argument) == b"null":
            return b"null"
        raise self._misfit(parameter.wire, "a function", argument)

    def _misfit(self, name: str, expected: str, argument: Argument, why: str = "") -> RpcError:
        received = _shown(argument)
        message = (
            f"Invalid params: {self._method.wire}: {name}: expected {expected}, "
            f"received {received}{why}"
        )
        data = {"param": name, "path": "$", "expected": expected, "received": received}
        return RpcError(message, code=ErrorCode.INVALID_PARAMS, data=data)


_ONE_WAY: Final = ", and kkrpc's callbacks have no answer: call this method over JSON-RPC"


_BY_NAME: Final = (
    "is given by name, and kkrpc gives functions and streams by position: call this method over "
    "JSON-RPC"
)


def _shown(argument: Argument) -> str:
    match argument:
        case Function():
            return "a function"
        case Flow():
            return "a stream"
        case Strange(what=what):
            return what
        case Raw():
            text = bytes(argument)
            return text[:60].decode(errors="replace") + "…" * (len(text) > 60)
        case _:
            return "undefined"
