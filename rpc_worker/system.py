"""The protocol's own methods: `system.*` and `rpc.discover` (protocol, sections 3 and 4).

They are answered at once, whatever runs or waits, and need no handler. What `system.shutdown` sets
in motion is not known here; it only leaves a mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker import __version__
from rpc_worker.dispatch import PROTOCOL, error_object
from rpc_worker.errors import ErrorCode, RpcError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.dispatch import Service
    from rpc_worker.limits import Limits
    from rpc_worker.messages import ErrorObject
    from rpc_worker.session_table import SessionTable

__all__ = ["System"]

_Level: TypeAlias = Literal[
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"
]

_HELLO: Final = (
    '{"session": 1 to 32 of A-Z a-z 0-9 _ -, "window"?: string, "log"?: "debug", "info", "notice", '
    '"warning", "error", "critical", "alert" or "emergency"}'
)


class _Hello(msgspec.Struct, frozen=True):
    """What a client says of itself.

    Attributes:
        session: Random, made by the client; the part of its ids before the first `:`.
        window: Stable across reloads of a page; None for a client without windows.
        log: The lowest level of log records that it wants; None for no log.
    """

    session: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
    window: str | None = None
    log: _Level | None = None


class _ByPosition(_Hello, array_like=True, frozen=True):
    """The same, from params by position."""


class System:
    """Answers the protocol's own methods.

    Attributes:
        methods: What is offered, by name.
        shutdown_asked: Whether `system.shutdown` has been called.
    """

    def __init__(self, service: Service, limits: Limits, sessions: SessionTable) -> None:
        self.shutdown_asked = False
        self._service = service
        self._limits = limits
        self._sessions = sessions
        self.methods: dict[str, Callable[[Raw | UnsetType], bytes]] = {
            "system.hello": self._hello,
            "system.ping": self._ping,
            "system.version": self._version,
            "system.shutdown": self._shutdown,
            "rpc.discover": self._discover,
        }

    def answer(self, name: str, params: Raw | UnsetType) -> bytes | ErrorObject:
        """Return what a method that is the protocol's, or nobody's, is answered with: JSON text."""
        method = self.methods.get(name)
        if method is None:
            return self._service.unknown(name)
        try:
            return method(params)
        except Exception as error:  # noqa: BLE001 - a bug in one of them must not end the rest
            return error_object(error, debug=self._service.debug)

    def _hello(self, params: Raw | UnsetType) -> bytes:
        given = b"{}" if params is UNSET else bytes(params)
        kind = _ByPosition if given[:1] == b"[" else _Hello
        try:
            hello = msgspec.json.decode(given, type=kind)
        except (ValueError, RecursionError) as error:
            received = given[:80].decode(errors="replace")
            raise RpcError(
                f"Invalid params: system.hello: expected {_HELLO}, received {received}: {error}",
                code=ErrorCode.INVALID_PARAMS,
                data={"param": None, "path": "$", "expected": _HELLO, "received": received},
            ) from None
        level = 0
        if hello.log is not None:
            from rpc_worker.logs import LEVELS  # noqa: PLC0415 - few clients ask for a log

            level = LEVELS[hello.log]
        self._sessions.hello(hello.session, hello.window, level)
        return msgspec.json.encode({**self._service.identity(), "limits": self._limits})

    def _ping(self, params: Raw | UnsetType) -> bytes:
        return b"null" if params is UNSET else bytes(params)

    def _version(self, _params: Raw | UnsetType) -> bytes:
        import platform  # noqa: PLC0415 - seldom asked for, and not free

        service = self._service
        versions: dict[str, Any] = {
            "name": service.name,
            "version": service.version,
            "protocol": PROTOCOL,
            "python": platform.python_version(),
            "rpcWorker": __version__,
        }
        return msgspec.json.encode(versions)

    def _discover(self, _params: Raw | UnsetType) -> bytes:
        from rpc_worker.openrpc import document  # noqa: PLC0415 - seldom asked for, and large

        service = self._service
        described = document(
            service.contract,
            name=service.name,
            version=service.version,
            frontend=service.frontend,
        )
        return msgspec.json.encode(described)

    def _shutdown(self, _params: Raw | UnsetType) -> bytes:
        self.shutdown_asked = True
        return b"null"
