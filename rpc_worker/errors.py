"""The error that crosses the wire, and the codes of the protocol.

`RpcError` is the one exception whose code, message and data reach the caller as they are. Any other
exception that leaves a handler becomes an internal error that names its type. What can become of a
call to the frontend is here as well: `RemoteError` and `SessionEnded`.

This module knows nothing of JSON: encoding is the dispatcher's work.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeGuard, dataclass_transform

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "RESERVED_CODES",
    "ContractError",
    "ErrorCode",
    "Misfit",
    "RemoteError",
    "RpcError",
    "SessionEnded",
    "text_of",
]


class ErrorCode(enum.IntEnum):
    """The codes that the runtime itself answers with (protocol, section 10)."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    APPLICATION_ERROR = -32000
    """An `RpcError` without a code of its own."""
    UNKNOWN_TOKEN = -32001
    SESSION_ENDED = -32002
    UNENCODABLE_RESULT = -32003
    MESSAGE_TOO_LARGE = -32007
    RESPONSE_TOO_LARGE = -32008
    BUSY = -32009
    BATCH_TOO_LARGE = -32010
    DEADLINE_EXCEEDED = -32050
    CANCELLED = -32800
    SHUTTING_DOWN = -32802


RESERVED_CODES: Final = range(-32768, -31999)
"""JSON-RPC 2.0, section 5.1: an application's own codes lie outside."""

_BUILT_IN: Final = frozenset(
    {"add_note", "args", "code", "data", "data_type", "message", "with_traceback"}
)


@dataclass_transform()
class RpcError(Exception):
    """An error that the caller receives as it is: code, message and data.

    Raise it as it stands, `RpcError("no such table", code=12, data={"table": name})`, or declare a
    type of error once and raise that:

        class NotFound(RpcError, code=4004):
            path: str

        raise NotFound(path="/tmp/x")

    The annotated fields of a subclass are its data, and its constructor takes them by position or
    by name. Its message is then the first line of the class's docstring, else the class's name.

    Attributes:
        code: An integer outside -32768…-32000, or -32000, an application error without a code
            of its own.
        message: One sentence for people.
        data: Whatever msgspec can encode, or None for no data.
    """

    code: int = ErrorCode.APPLICATION_ERROR
    message: str
    data: Any = None

    data_type: ClassVar[type[msgspec.Struct] | None] = None
    """The type of `data` in a subclass that annotates fields, else None."""

    def __init_subclass__(cls, *, code: int | None = None, **kwargs: Any) -> None:
        """Check the code, and build the type of the data from the annotated fields."""
        super().__init_subclass__(**kwargs)
        if code is not None:
            if code in RESERVED_CODES:
                raise ValueError(
                    f"class {cls.__qualname__}(RpcError, code={code}): the codes -32768…-32000 are "
                    "reserved by JSON-RPC 2.0; choose a code outside of them, such as 4004"
                )
            cls.code = code
        own = {name: hint for name, hint in _annotations(cls).items() if not _is_class_var(hint)}
        if not own:
            return
        taken = sorted(_BUILT_IN & own.keys())
        if taken:
            raise TypeError(
                f"class {cls.__qualname__}: an RpcError's field cannot be called {taken[0]!r}, "
                "every RpcError has that attribute; choose another name"
            )
        namespace: dict[str, Any] = {
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__annotations__": own,
        }
        namespace |= {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        bases = (cls.data_type or msgspec.Struct,)
        cls.data_type = _StructMeta(cls.__name__, bases, namespace, rename="camel", frozen=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields = type(self).data_type
        self.message = _default_message(type(self))
        if fields is None:
            self._set_plain(*args, **kwargs)
        else:
            self.data = fields(*args, **kwargs)
            for name in fields.__struct_fields__:
                setattr(self, name, getattr(self.data, name))
        super().__init__(self.message)

    def _set_plain(self, message: str | None = None, *, code: Any = None, data: Any = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            if not is_code(code):
                raise TypeError(f"an RpcError's code is an integer, such as 4004, not {code!r}")
            if code in RESERVED_CODES and not isinstance(code, ErrorCode):
                raise ValueError(
                    f"RpcError(code={code}): the codes -32768…-32000 are reserved by JSON-RPC 2.0; "
                    "choose a code outside of them, such as 4004"
                )
            self.code = code
        if data is not None:
            self.data = data

    def __repr__(self) -> str:
        data = "" if self.data is None else f", data={self.data!r}"
        return f"{type(self).__name__}({self.message!r}, code={int(self.code)}{data})"

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is rebuilt from its message by default, which fits no constructor here; and
        # the type of the data has no name under which it could be found again.
        state, fields = dict(self.__dict__), None
        if type(self).data_type is not None:
            data = state.pop("data")
            fields = {name: getattr(data, name) for name in data.__struct_fields__}
        return _restored, (type(self), self.args, fields), state


def _restored(
    cls: type[RpcError], args: tuple[Any, ...], fields: dict[str, Any] | None
) -> RpcError:
    error = cls.__new__(cls, *args)
    if fields is not None and cls.data_type is not None:
        error.data = cls.data_type(**fields)
    return error


class Misfit(msgspec.Struct, frozen=True):
    """One thing that is wrong with a contract, or with an implementation of it.

    Attributes:
        where: The module, class, method and parameter: `backend.Backend.add, parameter b`.
        problem: What was expected and what was found, in one sentence.
        advice: What to write instead.
    """

    where: str
    problem: str
    advice: str


class ContractError(Exception):
    """A contract that cannot be served or generated, or an implementation that does not fit it.

    Raised before anything is served, with all that is wrong at once.

    Attributes:
        misfits: In the order of the contract.
    """

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        self.misfits = tuple(misfits)
        count = len(self.misfits)
        head = "1 misfit:" if count == 1 else f"{count} misfits:"
        parts = [f"\n  {m.where}\n    {m.problem}\n    {m.advice}" for m in self.misfits]
        super().__init__(head + "".join(parts))


def is_code(code: object) -> TypeGuard[int]:
    """Tell whether this can be an error's code: an integer, and one that JavaScript has."""
    return isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**53


_StructMeta: Any = type(msgspec.Struct)


def _annotations(cls: type) -> dict[str, Any]:
    """Return the class's own annotations, unevaluated where the module leaves them so."""
    import inspect  # noqa: PLC0415 - only classes of errors need it

    return inspect.get_annotations(cls)


def _is_class_var(hint: object) -> bool:
    text = hint if isinstance(hint, str) else str(hint)
    return text.startswith(("ClassVar", "typing.ClassVar"))


def _default_message(cls: type[RpcError]) -> str:
    doc = cls.__doc__ if "__doc__" in cls.__dict__ and cls is not RpcError else None
    return doc.strip().splitlines()[0] if doc and doc.strip() else cls.__name__


class RemoteError(RpcError):
    """An error answer to a call to the frontend, of a kind that its contract does not declare.

    What the contract declares with `@raises` is raised as its own class. A `RemoteError` that
    leaves a handler is an internal error to that handler's caller: the frontend's codes say nothing
    to who called the backend.

    Attributes:
        code: The code of the answer.
        data: Its data, decoded from JSON, or None.
        method: The method that was called.
    """

    def __init__(
        self, message: str, *, code: int = ErrorCode.INTERNAL_ERROR, data: Any = None, method: str
    ) -> None:
        super().__init__(message)
        self.code = code
        self.data = data
        self.method = method


class SessionEnded(Exception):  # noqa: N818 - it is what happened, and nothing that went wrong
    """The client that was called is gone: its window was closed or reloaded, or said goodbye.

    Attributes:
        session: The name of the session; None for a client that said no hello.
    """

    def __init__(self, session: str | None) -> None:
        self.session = session
        if session is None:
            super().__init__("the session of the clients that said no hello has ended")
        else:
            super().__init__(f"the session has ended: {session}")

    def __reduce__(self) -> tuple[Any, ...]:
        return SessionEnded, (self.session,)


def text_of(error: BaseException) -> str:
    """Return an exception's message as text that can be encoded, whatever its `__str__` does."""
    try:
        text = str(error)
    except BaseException as reason:  # noqa: BLE001 - a broken __str__ must not lose an answer
        return f"<{type(error).__name__} whose __str__ raised {type(reason).__name__}>"
    return text.encode(errors="backslashreplace").decode()
