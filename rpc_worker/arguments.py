"""What is said of arguments to `serve` that cannot be meant, before anything is done with them."""

from __future__ import annotations

import math
import types
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, cast

from typing_extensions import is_protocol

from rpc_worker.fatal import StartError
from rpc_worker.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from rpc_worker.middleware import Middleware

__all__ = [
    "check_contract",
    "check_frontend",
    "check_implementation",
    "check_options",
    "described",
    "is_without_methods",
]

_FUNCTIONS: Final = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
)


def described(found: object) -> str:
    """Return what an object is, as a person would say it: `a function`, `an object of …`."""
    if isinstance(found, type):
        return "a Protocol" if is_protocol(found) else "a class"
    if isinstance(found, _FUNCTIONS):
        return "a function"
    if isinstance(found, types.ModuleType):
        return "a module"
    return f"an object of the class {type(found).__name__}"


def is_without_methods(found: object, *, promised: bool) -> bool:
    """Tell whether an object has no methods of the user's.

    Args:
        found: The object.
        promised: Whether there is a contract that says which methods are meant. A module, for
            one, may have functions of their names.
    """
    if isinstance(found, type) or promised:
        return isinstance(found, _FUNCTIONS)
    return type(found).__module__ == "builtins"


def check_options(
    lifespan: Callable[[], AbstractAsyncContextManager[object]] | None,
    middleware: Sequence[Middleware],
    limits: Limits | None,
    grace: float,
) -> None:
    """Raise `StartError` for an option that is not what its name says."""
    # Who does not check types may have given anything.
    is_number = type(grace) in {int, float}
    if not (is_number and grace >= 0 and math.isfinite(grace)):
        raise StartError(f"grace={grace!r} is no number of seconds; write one such as grace=2.5")
    if limits is not None and not isinstance(limits, Limits):  # pyright: ignore[reportUnnecessaryIsInstance] - as said
        raise StartError(
            f"limits={limits!r:.80} is {described(limits)}; write limits=Limits(running=100), or "
            "what is to be limited"
        )
    _check_middleware(middleware)
    if lifespan is None:
        return
    if not isinstance(lifespan, type) and hasattr(lifespan, "__aenter__"):
        raise StartError(
            "lifespan= is what makes the context manager, and not the manager itself; write "
            "lifespan=lifespan, without ()"
        )
    if not callable(lifespan):
        raise StartError(
            f"lifespan={lifespan!r:.80} is {described(lifespan)}; write a function with "
            "@contextlib.asynccontextmanager above it"
        )


def _check_middleware(middleware: object) -> None:
    if not isinstance(middleware, (list, tuple)):
        raise StartError(
            f"middleware={middleware!r:.80} is {described(middleware)}; write a list: "
            "middleware=[timed]"
        )
    wrong = [
        f"the middleware {one!r:.80} is no coroutine function"
        for one in cast("list[object]", middleware)
        if not iscoroutinefunction(one) and not iscoroutinefunction(getattr(one, "__call__", one))  # noqa: B004 - an object may have a coroutine function as its __call__
    ]
    if wrong:
        what = "; ".join(wrong)
        raise StartError(f"{what}; write async def timed(call, proceed): return await proceed()")


def check_frontend(frontend: object) -> None:
    """Raise `StartError` for a frontend that is no class."""
    if frontend is None or isinstance(frontend, type):
        return
    given = f"{frontend!r:.80}"
    raise StartError(
        f"frontend={given} is {described(frontend)}; write the typed class of what the windows "
        "offer the worker: frontend=FrontendAPI"
    )


def check_contract(implementation: object, contract: object) -> None:
    """Raise `StartError` for a contract that is no class."""
    if contract is None or isinstance(contract, type):
        return
    if isinstance(implementation, type):
        raise StartError(
            f"serve({implementation.__name__}, …) has its arguments in the wrong order; write the "
            f"implementation first: serve({type(contract).__name__}(), {implementation.__name__})"
        )
    given = f"{contract!r:.80}"
    name = type(contract).__name__
    if isinstance(contract, str):
        name = contract if contract.isidentifier() else "BackendAPI"
    elif type(contract).__module__ == "builtins":
        name = "BackendAPI"
    raise StartError(
        f"the contract given to serve is {given}, and a contract is a class; write "
        f"serve({type(implementation).__name__}(), {name})"
    )


def check_implementation(implementation: Any, contract: type[Any] | None) -> None:
    """Raise `StartError` for an implementation that has no methods of the user's."""
    if is_without_methods(implementation, promised=contract is not None):
        name = getattr(implementation, "__name__", None) or f"{implementation!r:.80}"
        raise StartError(
            f"serve was given {name}, {described(implementation)}, and an object with methods is "
            "served. Write class Backend: …, with methods, and serve(Backend())"
        )
