"""The functions of a jsonrpcserver app, mounted into a worker as they are.

    from rpc_worker.interop.jsonrpcserver import Mounted, serve

    serve(Mounted(context=shelf))

A function is given what jsonrpcserver's own dispatcher would give it, and may return and raise
what it might there. Where it runs, and how its call is limited, cancelled and answered, is as with
any handler, and not known here.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import msgspec

try:
    from jsonrpcserver import methods as registered
    from jsonrpcserver.sentinels import NOCONTEXT
except ModuleNotFoundError as _error:
    if _error.name is None or _error.name.partition(".")[0] != "jsonrpcserver":
        raise
    raise ImportError(
        "rpc_worker.interop.jsonrpcserver mounts the functions of a jsonrpcserver app, and "
        f"jsonrpcserver is not installed in the Python that runs this ({sys.executable}): "
        'pip install "jsonrpcserver>=5.0.9"'
    ) from None

from rpc_worker.dispatch import Arguments, Handler
from rpc_worker.errors import ContractError, ErrorCode, Misfit, RpcError
from rpc_worker.fit import Bound
from rpc_worker.interop.jsonrpcserver_results import settled
from rpc_worker.interop.untyped import read_function
from rpc_worker.markers import exclusive_of, executor_of, mode_of
from rpc_worker.modes import Conflict, layers, running
from rpc_worker.mounting import Mount
from rpc_worker.params import NO_PARAMS
from rpc_worker.worker import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rpc_worker.calls import Call
    from rpc_worker.modes import Mode

__all__ = ["Mounted", "serve"]

Function: TypeAlias = "Callable[..., Any]"
Validator: TypeAlias = "Callable[[dict[str, Any]], object]"

_BY_POSITION: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


class Mounted(Mount):
    """A jsonrpcserver app, to be served in an implementation's place: alone or beside one.

    Functions keep their names. They run as a worker's do: `async def` on the loop, `def` in a
    thread, or where their marks say.

    Args:
        beside: An implementation that is served as well.
        methods: As jsonrpcserver's `dispatch` takes it: the functions by name; by default, those
            that `@method` has marked until the worker starts.
        context: The same: every function's first argument.
        validator: The same: called with the object of each request that is for one of the
            functions; what it raises becomes -32600. The worker's own checks come before.
        inline: Whether a `def` without a mark runs on the loop, as if it were marked `@inline`: one
            after the other, in the main thread, as jsonrpcserver's `dispatch` runs them. What
            blocks holds up all else.
    """

    name = "jsonrpcserver"

    def __init__(
        self,
        beside: object | None = None,
        *,
        methods: Mapping[str, Function] | None = None,
        context: Any = NOCONTEXT,
        validator: Validator | None = None,
        inline: bool = False,
    ) -> None:
        self._inline = inline
        self.beside = beside
        marked = cast("Mapping[str, Function]", registered.global_methods)  # pyright: ignore[reportUnknownMemberType] - it does not say of what it is a dict
        self._methods = marked if methods is None else methods
        self._context = context
        self._validator = validator

    def bound(self) -> Mapping[str, Bound]:
        """Return the functions by their names on the wire.

        Raises:
            ContractError: There are none, or with all of them that cannot be served.
        """
        misfits: list[Misfit] = []
        bound: dict[str, Bound] = {}
        for name, function in self._methods.items():
            found = self._bind(name, function)
            if isinstance(found, Misfit):
                misfits.append(found)
            else:
                bound[name] = found
        if not self._methods:
            what = "no function is marked @method, so there is nothing to mount"
            advice = "Import the modules that have them before the worker starts."
            misfits.append(Misfit("the jsonrpcserver app", what, advice))
        if misfits:
            raise ContractError(misfits)
        return bound

    def _bind(self, name: str, function: Function) -> Bound | Misfit:
        where = f"{_place(function)}, mounted as {name}"
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError) as error:
            return Misfit(where, f"its parameters are not known: {error}", "Write a def around it.")
        called, bind = function, signature.bind
        if self._context is not NOCONTEXT:
            called = functools.partial(function, self._context)
            # With the context, as the name that it has is nobody else's.
            bind = functools.partial(signature.bind, self._context)
            first = next(iter(signature.parameters.values()), None)
            if first is None or first.kind not in {*_BY_POSITION, first.VAR_POSITIONAL}:
                what = "it has no first argument for the context"
                return Misfit(where, what, f"Write def {_name(function)}(context, …).")
            signature = inspect.signature(called)
        method, loose = read_function(name, function, signature)
        mode = running(method, function)
        chain = list(layers(function))
        if self._inline and mode == "thread" and not any(map(mode_of, chain)):
            mode = "inline"
        if isinstance(mode, Conflict):
            what = f"expected {mode.expected}; found {mode.found}"
            return Misfit(where, what, f"{mode.advice}.")
        handler = None
        if loose or self._validator is not None:
            handler = functools.partial(
                _Handler,
                bind=bind if loose else None,
                validator=self._validator,
            )
        return Bound(
            method=method,
            function=_settling(called, function, mode),
            mode=mode,
            exclusive=any(map(exclusive_of, chain)),
            executor=next((e for e in map(executor_of, chain) if e is not None), None),
            handler=handler,
        )


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _place(function: Function) -> str:
    return f"{getattr(function, '__module__', None) or __name__}.{_name(function)}"


class _Handler(Handler):
    """A function that takes what a method cannot, or whose requests somebody else looks at, too."""

    __slots__ = ("_bind", "_validator")

    def __init__(self, bound: Bound, *, bind: Function | None, validator: Validator | None) -> None:
        super().__init__(bound)
        self._bind = bind
        self._validator = validator

    def arguments(self, call: Call) -> Arguments:
        """Return the arguments of a call.

        Raises:
            RpcError: The validator refuses the request (-32600), or the params do not fit (-32602).
        """
        if self._validator is not None:
            self._validate(call, self._validator)
        if self._bind is None:
            return super().arguments(call)
        given = self._params(call)
        arguments: Arguments = (tuple(given), {}) if isinstance(given, list) else ((), given)
        try:
            self._bind(*arguments[0], **arguments[1])
        except TypeError as error:
            text = f"Invalid params: {error}"
            raise RpcError(text, code=ErrorCode.INVALID_PARAMS) from None
        return arguments

    def _validate(self, call: Call, validator: Validator) -> None:
        request: dict[str, Any] = {"jsonrpc": "2.0", "method": self.method.wire}
        if call.params is not msgspec.UNSET:
            request["params"] = self._params(call)
        if call.id is not None:
            request["id"] = msgspec.json.decode(call.id)
        try:
            validator(request)
        except Exception as error:
            text = f"Invalid request: the validator refuses it: {error}"
            raise RpcError(text, code=ErrorCode.INVALID_REQUEST) from error

    def _params(self, call: Call) -> list[Any] | dict[str, Any]:
        params = NO_PARAMS if call.params is msgspec.UNSET else call.params
        try:
            return msgspec.json.decode(params, type=list[Any] | dict[str, Any])
        except (ValueError, RecursionError) as error:
            raise self._misfit(call.params, error) from None


def _settling(called: Function, function: Function, mode: Mode) -> Function:
    """Return a function that gives what the result stands for.

    Args:
        called: What is called.
        function: What the user wrote, if that is called with a context.
        mode: Where it runs.
    """
    if mode != "loop":
        return _Settling(called, function)

    async def settle(*args: Any, **kwargs: Any) -> Any:
        return settled(await called(*args, **kwargs))

    # By this the watchdog knows whose code it is that blocks the loop.
    settle.__wrapped__ = function  # type: ignore[attr-defined]
    return settle


class _Settling:
    """The same for a plain function; another process can be given it."""

    def __init__(self, called: Function, function: Function) -> None:
        self.called = called
        self.__wrapped__ = function

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return settled(self.called(*args, **kwargs))
