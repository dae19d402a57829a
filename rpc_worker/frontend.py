"""`caller(FrontendAPI)`: the frontend of the window that called, or of another one.

What is returned has the contract's methods, namespaces and types. How a call crosses is not known
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from rpc_worker.calls import SERVING, TRACKING
from rpc_worker.errors import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.calls import Call
    from rpc_worker.contract import Contract
    from rpc_worker.outbound import OutboundMethod
    from rpc_worker.sessions import Session

__all__ = ["Frontend", "caller"]

T = TypeVar("T")


def caller(contract: Callable[..., T], *, session: str | None = None) -> T:
    """Return the frontend of the window whose call this is, or of another session.

    Its methods are awaited (or iterated, if they return a stream); in a handler that runs in a
    thread they block.

    Args:
        contract: The class that was given to `serve(frontend=…)`.
        session: A session, as `current_call().session` named it; needed outside of a call.

    Raises:
        SessionEnded: There is no such session any more.
        RuntimeError: It is not known whom to call, or the worker has no such frontend.
    """
    from rpc_worker.context import running_call  # noqa: PLC0415 - see `calls.Tracking`

    call = running_call()
    own = None if call is None else call.session
    channel = SERVING.get(None) if own is None else own.host
    if channel is None:
        raise RuntimeError(
            "caller() was asked where no worker serves: only handlers, the lifespan, and the tasks "
            "and threads that they start can call the frontend"
        )
    frontend = channel.frontend
    if frontend is None or frontend.cls is not contract:
        name = getattr(contract, "__name__", repr(contract))
        given = "no frontend" if frontend is None else frontend.cls.__name__
        raise RuntimeError(
            f"caller({name}): the worker was given {given}; write serve(…, frontend={name})"
        )
    target = own if session is None else channel.sessions.named(session)
    if target is None:
        if session is None:
            raise RuntimeError(
                "caller() was asked outside of a call, where nobody has called: name the session, "
                f"caller({frontend.cls.__name__}, session=…); a handler knows it as "
                "current_call().session"
            )
        raise SessionEnded(session)
    return cast("T", _Proxy(frontend, target, call, ()))


class Frontend:
    """The contract of the frontend, as it is called.

    Attributes:
        cls: The class that it was read from.
    """

    def __init__(self, cls: type, contract: Contract) -> None:
        # Handlers will ask whose call they serve.
        TRACKING.wanted = True
        self.cls = cls
        self._methods = {method.path: method for method in contract.methods.values()}
        self._made: dict[tuple[str, ...], OutboundMethod] = {}

    def find(self, path: tuple[str, ...]) -> OutboundMethod | None:
        """Return the method of a path, made when it is first asked for."""
        made = self._made.get(path)
        if made is None and path in self._methods:
            from rpc_worker.outbound import OutboundMethod  # noqa: PLC0415 - not at the start

            made = self._made[path] = OutboundMethod(self._methods[path])
        return made

    def is_namespace(self, path: tuple[str, ...]) -> bool:
        """Tell whether there are methods below a path."""
        return any(known[: len(path)] == path for known in self._methods)


class _Proxy:
    """Looks like an implementation of the contract, or of one of its namespaces."""

    __slots__ = ("_call", "_frontend", "_path", "_session")

    def __init__(
        self, frontend: Frontend, session: Session, call: Call | None, path: tuple[str, ...]
    ) -> None:
        self._frontend = frontend
        self._session = session
        self._call = call
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = (*self._path, name)
        method = self._frontend.find(path)
        if method is None:
            if self._frontend.is_namespace(path):
                return _Proxy(self._frontend, self._session, self._call, path)
            raise AttributeError(f"{self._frontend.cls.__name__} has no method {'.'.join(path)}")
        session, call = self._session, self._call

        def invoke(*args: Any, **kwargs: Any) -> Any:
            return method.call(session, call, args, kwargs)

        return invoke

    def __repr__(self) -> str:
        where = ".".join((self._frontend.cls.__name__, *self._path))
        return f"<caller({where}) session={self._session.name!r}>"
