"""What the two dialects have in common: what each can write, and how a call's answer is written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

import msgspec
from msgspec import Raw, UnsetType

from rpc_worker.dialects.codecs import Codec, Marked
from rpc_worker.messages import NULL
from rpc_worker.schema import Stream, is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpc_worker.contract import Method
    from rpc_worker.dialects.errors import ErrorNames
    from rpc_worker.messages import ErrorObject

__all__ = ["Answers", "Argument", "Flow", "Function", "Strange", "Wire"]


class Function(msgspec.Struct, frozen=True):
    """A function that stays where it is.

    Attributes:
        id: What it is called by.
    """

    id: str


class Flow(msgspec.Struct, frozen=True):
    """A stream that stays where it is.

    Attributes:
        id: What it is pulled by.
    """

    id: str


class Strange(msgspec.Struct, frozen=True):
    """What no method has a parameter for.

    Attributes:
        what: As people are told of it.
    """

    what: str


Argument: TypeAlias = Raw | Marked | Function | Flow | Strange | UnsetType
"""A value as JSON text, in superjson if need be; what stays where it is; what is refused; or
nothing at all."""


class Wire(ABC):
    """One dialect, as it is written.

    Ids are JSON text, as they came. In the channel's tables, where they stand beside those of
    JSON-RPC, each has a blank behind it, which no JSON-RPC id has, and another one in each dialect.
    Read as JSON, it is the same id; written, it is left out.

    Attributes:
        name: What it is called in messages to people.
        mark: That blank.
        has_streams: Whether it knows streams.
    """

    name: ClassVar[str]
    mark: ClassVar[bytes]
    has_streams: ClassVar[bool]

    def __init__(self, names: ErrorNames) -> None:
        self._names: Final = names

    def changes(self, codec: Codec) -> bool:  # noqa: ARG002 - 0.x's own
        """Tell whether values of a type are written in another way than the contract's."""
        return False

    def value(self, codec: Codec, body: Raw) -> Raw | Marked:  # noqa: ARG002 - as above
        """Return a value, which the contract's encoder made, as the clients read it."""
        return body

    @abstractmethod
    def result(self, identity: bytes, body: bytes) -> tuple[bytes, ...]:
        """Return an answer's line in parts, the result being JSON text."""

    @abstractmethod
    def void(self, identity: bytes) -> bytes:
        """Return the line of an answer to what returns nothing."""

    @abstractmethod
    def error(self, identity: bytes, error: ErrorObject) -> bytes:
        """Return the line of an answer that says what went wrong."""

    @abstractmethod
    def request(self, identity: bytes, method: str, arguments: Sequence[Argument]) -> bytes:
        """Return the line of a call to the page."""

    @abstractmethod
    def told(self, function: str, arguments: Sequence[Raw | Marked]) -> bytes:
        """Return the line that calls a function of the page's; nobody answers it."""

    def flow(self, identity: bytes, token: bytes) -> bytes:  # noqa: ARG002 - 2.x's own
        """Return the line of an answer that is a stream, whose token is JSON text."""
        raise AssertionError(f"{self.name} has no streams")

    def marked(self, identity: bytes, value: Marked) -> tuple[bytes, ...]:  # noqa: ARG002 - 0.x's own
        """Return an answer's line in superjson, with the marks of a result that needs them."""
        raise AssertionError(f"{self.name} has no superjson")


class Answers:
    """How the answers of one method are written in one dialect: the `Dialect` of its calls.

    Attributes:
        wire: The dialect.
    """

    carries_items = False

    def __init__(self, wire: Wire, method: Method | None) -> None:
        self.wire = wire
        # Most methods' results are written as they are.
        self.result: Callable[[bytes, bytes], tuple[bytes, ...]] = wire.result
        self.error = wire.error
        if method is not None and is_null(method.result):
            self.result = self._void
        elif method is not None and not isinstance(method.result, Stream):
            codec = Codec(method.result)
            if wire.changes(codec):
                self.result = partial(self._changed, codec)

    def stream(self, identity: bytes, form: bytes) -> bytes:
        return self.wire.flow(identity, bytes(_decode_form(form).token))

    def _void(self, identity: bytes, _body: bytes) -> tuple[bytes, ...]:
        return (self.wire.void(identity),)

    def _changed(self, codec: Codec, identity: bytes, body: bytes) -> tuple[bytes, ...]:
        value = self.wire.value(codec, Raw(body))
        if isinstance(value, Marked):
            return self.wire.marked(identity, value)
        return self.wire.result(identity, bytes(value))


class _Form(msgspec.Struct):
    """A stream in a result's place: without items, for these dialects."""

    token: Raw = Raw(NULL)


_decode_form: Final = msgspec.json.Decoder(_Form).decode
