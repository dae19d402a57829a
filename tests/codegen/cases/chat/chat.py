"""A chat with a model that runs on this computer."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Annotated, Literal, NewType, Protocol

from msgspec import Meta

from rpc_worker import Event, Progress, RpcError, Struct, raises

ChatId = NewType("ChatId", str)
"""Which conversation."""


class Role(Enum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class Text(Struct, tag="text"):
    """What is written."""

    text: str


class Picture(Struct, tag="picture"):
    """What is shown."""

    content: bytes
    media_type: Literal["image/jpeg", "image/png"] = "image/jpeg"


class Message(Struct):
    """One turn of a conversation."""

    role: Role
    parts: list[Text | Picture]
    sent: dt.datetime | None = None
    """When it was complete; null while it is written."""


class Token(Struct, tag="token"):
    """A piece of the answer."""

    text: str


class ToolCall(Struct, tag="tool"):
    """The model wants something done before it goes on."""

    name: str
    arguments: dict[str, str | float | bool | None]


class Done(Struct, tag="done"):
    """The answer is complete."""

    tokens: int
    took: dt.timedelta


class Model(Struct):
    """A model on the disk."""

    name: str
    size: int
    """In bytes."""
    context: int
    quantization: Literal["q4", "q8", "f16"] | None = None


class ModelMissing(RpcError, code=4001):  # noqa: N818 - errors of a contract have such names
    """The model is not on the disk."""

    name: str
    available: list[Model]


class ContextFull(RpcError, code=4002):  # noqa: N818 - as said
    """The conversation is longer than the model can read."""

    tokens: int
    limit: int


class ModelsAPI(Protocol):
    """The models on the disk."""

    loaded: Event[Model | None]
    """Which model is in memory."""

    async def list(self) -> list[Model]:
        """List the models that can be used."""
        ...

    @raises(ModelMissing)
    async def load(self, name: str, progress: Progress[float]) -> Model:
        """Bring a model into memory.

        Args:
            name: Of a model on the disk.
            progress: From 0 to 1.
        """
        ...


class ChatAPI(Protocol):
    """Conversations with a model."""

    models: ModelsAPI

    async def begin(self, *, system: str = "You are a helpful assistant.") -> ChatId:
        """Begin a conversation."""
        ...

    @raises(ModelMissing, ContextFull)
    def send(
        self,
        chat: ChatId,
        message: Message,
        *,
        temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7,
        stop: list[str] = [],  # noqa: B006 - it is not changed
        tools: list[str] | None = None,
    ) -> AsyncIterator[Token | ToolCall | Done]:
        """Say something, and take the answer as it is written.

        Args:
            chat: Which conversation.
            message: What is said.
            temperature: How much chance there is in it.
            stop: What ends the answer.
            tools: Which tools the model may call; all if it is null.
        """
        ...

    @raises(ContextFull)
    async def summarize(
        self, chat: ChatId, approve: Callable[[str], Awaitable[bool]]
    ) -> str | None:
        """Make a summary, and ask until one is liked."""
        ...

    async def history(self, chat: ChatId, *, before: dt.datetime | None = None) -> list[Message]:
        """Return what was said."""
        ...
