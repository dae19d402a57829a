"""One request, a contract and its implementation: one answer.

`Service` is what a worker offers: the bound methods, and what it says of itself. A `Handler` is one
method made ready to be called: it decodes the params, and checks and encodes the result. Where and
when the function runs is not known here.
"""

from __future__ import annotations

import os
import sys
from asyncio import CancelledError
from inspect import CO_COROUTINE
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec import UNSET, Raw, UnsetType

from rpc_worker.contract import common_digest
from rpc_worker.errors import ErrorCode, RemoteError, RpcError, text_of
from rpc_worker.messages import ErrorObject
from rpc_worker.params import NO_PARAMS, by_name, by_position
from rpc_worker.schema import Callback, Progress, Stream
from rpc_worker.values import UnencodableResult, encode, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rpc_worker.calls import Call
    from rpc_worker.contract import Contract, Method, Parameter
    from rpc_worker.fit import Bindings, Bound

__all__ = ["PROTOCOL", "Arguments", "Handler", "Service", "error_object", "handler_of"]

PROTOCOL: Final = 1
"""The version of the wire, as `$/ready` and `system.hello` tell it."""

_SHOWN: Final = 100
"""Characters of an unknown method's name that its error shows."""

_COMPARED: Final = 300
"""Methods up to which one that is alike is looked for: more would take milliseconds on the loop."""

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments."""

_NO_KEYWORDS: Final[dict[str, Any]] = {}


class Handler:
    """One method, ready to be called.

    Attributes:
        method: What the contract says of it.
        function: The implementation's function, bound to its instance.
        mode: Where the function runs, as `Bound.mode`. A stream's is `loop`: there it is opened.
        exclusive: Whether no other that is exclusive may run meanwhile.
        direct: Whether it can be started as it is: on the loop, whatever else runs.
        executor: Where it runs if its mode is `executor`.
        encode: Checks a result, or an item of a stream, against its declared type, and encodes it;
            raises UnencodableResult (-32003).
        quick: The same for one that is called inline.
        streams: Whether it returns a `streams.Source`, and no value.
        suspends: Whether it has been seen to suspend; kept for it by the executors.
    """

    __slots__ = (
        *("_by_name", "_by_position", "_keywords"),
        *("direct", "encode", "executor", "exclusive", "function", "method", "mode", "quick"),
        *("streams", "suspends"),
    )

    references: ClassVar[bool] = False
    """Whether arguments are streams, progress or callbacks of the caller's."""

    def __init__(self, bound: Bound) -> None:
        self.method = method = bound.method
        self.mode = bound.mode
        self.exclusive = bound.exclusive
        self.executor = bound.executor
        self.suspends = False
        self.function: Callable[..., Any] = bound.function
        result = method.result
        self.streams = isinstance(result, Stream)
        self.encode = encoder(result.item if isinstance(result, Stream) else result)
        if self.streams:
            from rpc_worker.sources import opener  # noqa: PLC0415 - most methods are no streams

            self.function = opener(bound.function, threaded=bound.mode == "thread")
            self.mode = "loop"
        elif bound.mode == "loop" and not _is_plain_coroutine_function(bound.function):
            self.function = _as_coroutine_function(bound.function)
        self.direct = self.mode == "loop" and not self.exclusive
        self.quick = self.mode == "inline" and not self.exclusive
        parameters = self._decoded(method.parameters)
        self._keywords = tuple(p.name for p in parameters if p.keyword)
        self._by_position = by_position(method.wire, parameters)
        self._by_name = by_name(method.wire, parameters)

    def arguments(self, call: Call) -> Arguments:
        """Decode the params of a call.

        Raises:
            RpcError: They are not what the contract says (-32602), with the parameter, the path
                to the value, what was expected and what was received.
        """
        params = call.params
        try:
            return self._by_position(NO_PARAMS if params is UNSET else params), _NO_KEYWORDS
        except (ValueError, RecursionError) as error:
            if params is UNSET or bytes(params)[:1] != b"{":
                raise self._misfit(params, error) from None
        return self._named_arguments(params)

    def _named_arguments(self, params: Raw | bytes) -> Arguments:
        try:
            values = self._by_name(params)
        except (ValueError, RecursionError) as error:
            raise self._misfit(params, error) from None
        positional = len(values) - len(self._keywords)
        return values[:positional], dict(zip(self._keywords, values[positional:], strict=True))

    def _misfit(self, params: Raw | bytes | UnsetType, error: Exception) -> RpcError:
        from rpc_worker.explain import explain_params  # noqa: PLC0415 - only on failure

        came = bytes(NO_PARAMS if params is UNSET else params)
        return explain_params(self._described(), came, error)

    def _decoded(self, parameters: Sequence[Parameter]) -> Sequence[Parameter]:
        """Return the parameters as they are decoded."""
        return parameters

    def _described(self) -> Method:
        """Return the method with its parameters as whoever sent others is told of them."""
        return self.method


def handler_of(bound: Bound) -> Handler:
    """Return a method's handler; what its params refer to at the caller's is made usable there."""
    if bound.handler is not None:
        return bound.handler(bound)
    if any(isinstance(p.type, (Stream, Progress, Callback)) for p in bound.method.parameters):
        from rpc_worker.references import ReferringHandler  # noqa: PLC0415 - few methods need it

        return ReferringHandler(bound)
    return Handler(bound)


def _is_plain_coroutine_function(function: Callable[..., Any]) -> bool:
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def _as_coroutine_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap what returns something to await, so that all of it runs where the coroutine runs."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return call


class Handlers(dict[str, "Handler | None"]):
    """Handlers by wire name; each is made when it is first asked for, None where nobody offers it.

    Making one takes longer than starting to serve should, times the methods of a large contract.
    """

    def __init__(self, bound: Mapping[str, Bound]) -> None:
        super().__init__()
        self._bound = bound

    def __missing__(self, method: str) -> Handler | None:
        bound = self._bound.get(method)
        if bound is None:
            # Not kept: names that nobody offers could be without number.
            return None
        handler = self[method] = handler_of(bound)
        return handler


class Service:
    """What a worker offers, and what it says of itself.

    Args:
        contract: What is promised.
        bindings: The functions and events that keep it.
        frontend: What the worker calls at its windows, if it calls anything there.
        name: The worker's name for people; the contract's name if None.
        version: The worker's own version.
        debug: Whether internal errors carry their traceback.
    """

    def __init__(
        self,
        contract: Contract,
        bindings: Bindings,
        *,
        frontend: Contract | None = None,
        name: str | None = None,
        version: str = "0.0.0",
        debug: bool = False,
    ) -> None:
        self.contract = contract
        self.frontend = frontend
        self.digest = common_digest(contract, frontend)
        self.name = name or contract.name
        self.version = version
        self.debug = debug
        self.instance = os.urandom(8).hex()
        self.handlers = Handlers(bindings.methods)
        self.methods = bindings.methods
        self.events = bindings.events

    def identity(self) -> dict[str, Any]:
        """Return what `$/ready` and the answer to `system.hello` have in common."""
        return {
            "protocol": PROTOCOL,
            "name": self.name,
            "version": self.version,
            "contract": self.digest,
            "instance": self.instance,
            "pid": os.getpid(),
        }

    def unknown(self, method: str) -> ErrorObject:
        """Return the error for a method that nobody offers, with the nearest name that exists."""
        import difflib  # noqa: PLC0415 - only on failure

        methods = self.contract.methods
        shown = method if len(method) <= _SHOWN else f"{method[:_SHOWN]}…"
        hint = ""
        if any(name.startswith(f"{method}.") for name in methods):
            hint = ", it is a namespace"
        elif len(methods) <= _COMPARED:
            near = difflib.get_close_matches(shown, methods, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"Method not found: {shown!r}{hint}"
        return ErrorObject(ErrorCode.METHOD_NOT_FOUND, message, {"method": shown})


def error_object(error: BaseException, *, debug: bool = False) -> ErrorObject:
    """Return what the caller is told of an exception. The one place where that is decided.

    Its data has been seen to be encodable.
    """
    if isinstance(error, RpcError) and not isinstance(error, RemoteError):
        return _own_error(error)
    foreign: Any = sys.modules.get("jsonrpcserver.exceptions")
    if foreign is not None and isinstance(error, foreign.JsonRpcError):
        from rpc_worker.interop import jsonrpcserver_results  # noqa: PLC0415 - few workers have it

        return _own_error(jsonrpcserver_results.error_of(error))
    text = text_of(error)
    if isinstance(error, UnencodableResult):
        place = {"path": error.path, "problem": error.problem}
        what = "Result cannot be sent" if error.is_result else "Cannot be sent"
        return ErrorObject(ErrorCode.UNENCODABLE_RESULT, f"{what}: {text}", place)
    kind = type(error).__name__
    told = {"type": kind, "message": text}
    if debug:
        told["stack"] = _stack(error)
    what = f"{kind}: {text}" if text else kind
    if isinstance(error, CancelledError):
        what = "cancelled itself"
    return ErrorObject(ErrorCode.INTERNAL_ERROR, f"Internal error: {what}", told)


def _own_error(error: RpcError) -> ErrorObject:
    try:
        data = UNSET if error.data is None else Raw(encode(error.data))
    except UnencodableResult as reason:
        return error_object(reason.within(".data"))
    return ErrorObject(int(error.code), text_of(error), data)


def _stack(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - only in debug

    try:
        text = "".join(traceback.format_exception(error))
    except BaseException as reason:  # noqa: BLE001 - formatting calls __str__ and __repr__
        return f"<no traceback: formatting it raised {type(reason).__name__}>"
    return text.encode(errors="backslashreplace").decode()
