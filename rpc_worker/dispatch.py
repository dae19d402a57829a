"""One request, a contract and its implementation: one answer.

`Service` is what a worker offers: the bound methods, and what it says of itself. A `Handler` is one
method made ready to be called: it decodes the params, and checks and encodes the result. Where and
when the function runs is not known here.
"""

from __future__ import annotations

import os
from asyncio import CancelledError
from inspect import CO_COROUTINE
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import astuple

from rpc_worker.contract import REQUIRED
from rpc_worker.errors import ErrorCode, RpcError, text_of
from rpc_worker.messages import ErrorObject
from rpc_worker.values import UnencodableResult, decoder, encode, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rpc_worker.contract import Contract, Parameter
    from rpc_worker.fit import Bound

__all__ = ["PROTOCOL", "Arguments", "Handler", "Service", "error_object"]

PROTOCOL: Final = 1
"""The version of the wire, as `$/ready` and `system.hello` tell it."""

_SHOWN: Final = 100
"""Characters of an unknown method's name that its error shows."""

_COMPARED: Final = 300
"""Methods up to which one that is alike is looked for: more would take milliseconds on the loop."""

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments."""

_NO_PARAMS: Final = b"[]"
_NO_KEYWORDS: Final[dict[str, Any]] = {}


class Handler:
    """One method, ready to be called.

    Attributes:
        method: What the contract says of it.
        function: The implementation's function, bound to its instance.
        mode: `loop` for a coroutine function, `thread`, or `inline` for a plain function that is
            quick enough to run on the loop.
        encode: Checks a result against its declared type, and encodes it; raises
            UnencodableResult (-32003).
        suspends: Whether it has been seen to suspend; kept for it by the executors.
    """

    __slots__ = (
        *("_by_name", "_by_position", "_keywords"),
        *("encode", "function", "method", "mode", "suspends"),
    )

    def __init__(self, bound: Bound) -> None:
        self.method = method = bound.method
        self.mode = bound.mode
        self.suspends = False
        self.function: Callable[..., Any] = bound.function
        if bound.mode == "loop" and not _is_plain_coroutine_function(bound.function):
            self.function = _as_coroutine_function(bound.function)
        self.encode = encoder(method.result)
        positional = [parameter for parameter in method.parameters if not parameter.keyword]
        self._keywords = tuple(p.name for p in method.parameters if p.keyword)
        self._by_position = (
            _never_by_position
            if any(p.keyword and p.default is REQUIRED for p in method.parameters)
            else _by_position(method.wire, positional)
        )
        self._by_name = _by_name(method.wire, method.parameters)

    def arguments(self, params: Raw | UnsetType) -> Arguments:
        """Decode the params of a request.

        Raises:
            RpcError: They are not what the contract says (-32602), with the parameter, the path
                to the value, what was expected and what was received.
        """
        try:
            return self._by_position(_NO_PARAMS if params is UNSET else params), _NO_KEYWORDS
        except (ValueError, RecursionError) as error:
            if params is UNSET or bytes(params)[:1] != b"{":
                raise self._misfit(params, error) from None
        return self._named_arguments(params)

    def _named_arguments(self, params: Raw) -> Arguments:
        try:
            values = self._by_name(params)
        except (ValueError, RecursionError) as error:
            raise self._misfit(params, error) from None
        positional = len(values) - len(self._keywords)
        return values[:positional], dict(zip(self._keywords, values[positional:], strict=True))

    def _misfit(self, params: Raw | UnsetType, error: Exception) -> RpcError:
        from rpc_worker.explain import explain_params  # noqa: PLC0415 - only on failure

        return explain_params(self.method, bytes(_NO_PARAMS if params is UNSET else params), error)


def _is_plain_coroutine_function(function: Callable[..., Any]) -> bool:
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def _as_coroutine_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap what returns something to await, so that all of it runs where the coroutine runs."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return call


def _by_position(
    name: str, parameters: Sequence[Parameter]
) -> Callable[[Raw | bytes], tuple[Any, ...]]:
    """Return a decoder from an array to the arguments."""
    if all(parameter.default is REQUIRED for parameter in parameters):
        # A tuple's own decoder is the quickest way to arguments, but it knows no defaults.
        annotations = tuple(parameter.annotation for parameter in parameters)
        return decoder(GenericAlias(tuple, annotations)).decode
    decode = decoder(_struct(name, parameters, array_like=True)).decode
    return lambda params: astuple(decode(params))


def _never_by_position(_params: Raw | bytes) -> tuple[Any, ...]:
    """Stand in for a decoder where an argument can be given by its name only."""
    raise ValueError("a keyword-only parameter without a default is missing")


def _by_name(
    name: str, parameters: Sequence[Parameter]
) -> Callable[[Raw | bytes], tuple[Any, ...]]:
    """Return a decoder from an object to the arguments, keyword-only ones last."""
    decode = decoder(_struct(name, parameters, array_like=False)).decode
    return lambda params: astuple(decode(params))


def _struct(
    name: str, parameters: Sequence[Parameter], *, array_like: bool
) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for index, parameter in enumerate(parameters):
        # A parameter may be called what a Struct's field cannot be: the fields are numbered.
        entry = (f"p{index}", parameter.annotation)
        fields.append(entry if parameter.default is REQUIRED else (*entry, _default(parameter)))
    return msgspec.defstruct(
        name,
        fields,
        rename={f"p{index}": parameter.wire for index, parameter in enumerate(parameters)},
        array_like=array_like,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


def _default(parameter: Parameter) -> Any:
    default: Any = parameter.default
    if isinstance(default, (str, int, float, bytes)) or default is None:
        return default
    # A handler may change its argument: each call has a default of its own.
    return msgspec.field(default_factory=lambda: msgspec.convert(default, parameter.annotation))


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
        handler = self[method] = Handler(bound)
        return handler


class Service:
    """What a worker offers, and what it says of itself.

    Args:
        contract: What is promised.
        bound: The functions that keep it, by wire name.
        name: The worker's name for people; the contract's name if None.
        version: The worker's own version.
        debug: Whether internal errors carry their traceback.
    """

    def __init__(
        self,
        contract: Contract,
        bound: Mapping[str, Bound],
        *,
        name: str | None = None,
        version: str = "0.0.0",
        debug: bool = False,
    ) -> None:
        self.contract = contract
        self.name = name or contract.name
        self.version = version
        self.debug = debug
        self.instance = os.urandom(8).hex()
        self.handlers = Handlers(bound)

    def identity(self) -> dict[str, Any]:
        """Return what `$/ready` and the answer to `system.hello` have in common."""
        return {
            "protocol": PROTOCOL,
            "name": self.name,
            "version": self.version,
            "contract": self.contract.digest,
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
    if isinstance(error, RpcError):
        return _own_error(error)
    text = text_of(error)
    if isinstance(error, UnencodableResult):
        place = {"path": error.path, "problem": error.problem}
        return ErrorObject(ErrorCode.UNENCODABLE_RESULT, f"Result cannot be sent: {text}", place)
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
