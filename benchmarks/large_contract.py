"""A contract as large as wanted, of the kind that apps have, and a worker that fits it, as Python.

The same number gives the same texts. Each namespace has types of its own: structs with
documentation, defaults and constraints, an identifier, an enumeration, a tagged union, pages,
errors, an event. Of its 20 methods, 14 are plain calls; the others stream either way, report
progress, call back.
"""

from __future__ import annotations

import random
import textwrap
from dataclasses import dataclass
from typing import Final

SEED: Final = 20

HEAD: Final = '''\
"""A contract of {methods} methods."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Annotated, NewType, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rpc_worker import BigInt, Event, Progress, RpcError, Struct, raises
'''

WORKER_HEAD: Final = '''\
"""A worker that fits the contract, and does no more than that."""

from __future__ import annotations

from rpc_worker import serve

from api import *
'''

NOUNS: Final = (
    *("backup", "basket", "board", "camera", "chapter", "device", "draft", "filter", "folder"),
    *("gallery", "job", "label", "library", "message", "model", "note", "person", "photo"),
    *("place", "project", "report", "search", "session", "sheet", "ticket"),
)

FIELDS: Final = (
    ("title", "Annotated[str, Meta(min_length=1, max_length=80)]", "", "What people call it."),
    ("size", "int", "0", "In bytes."),
    ("created", "dt.datetime", "", "When it was made, or first seen."),
    ("modified", "dt.datetime | None", "None", "The last change that anybody made."),
    ("tags", "list[str]", "msgspec.field(default_factory=list)", "In the order of the alphabet."),
    ("preview", "bytes", 'b""', "A picture of it, 64 pixels wide."),
    ("duration", "dt.timedelta | None", "None", "How long it plays; nothing for what does not."),
    ("rating", "Annotated[int, Meta(ge=0, le=5)]", "0", ""),
    ("place", "tuple[float, float] | None", "None", "Latitude and longitude, in degrees."),
    ("counts", "dict[str, int]", "msgspec.field(default_factory=dict)", "By name."),
    ("inode", "BigInt | None", "None", "As the file system has it."),
    ("hidden", "bool", "False", ""),
    ("share", "float", "1.0", "From 0 to 1."),
)
"""A name, a type, a default and what is said of it."""

TYPES: Final = '''
{Noun}Id = NewType("{Noun}Id", str)


class {Noun}Kind(Enum):
    """What kind of {noun} there is."""

    PLAIN = "plain"
    SHARED = "shared"
    """Others see it too."""
    LOCKED = "locked"


class {Noun}(Struct):
    """One {noun}, as the worker keeps it."""

    id: {Noun}Id
    kind: {Noun}Kind
{fields}


class {Noun}Change(Struct):
    """What is to be different; what is left out stays as it is."""

    title: str | UnsetType = UNSET
    kind: {Noun}Kind | UnsetType = UNSET
    rating: int | None | UnsetType = UNSET


class {Noun}Page(Struct):
    """Some of them, and where the next ones begin."""

    items: list[{Noun}]
    next: str | None = None


class {Noun}Moved(Struct, tag="moved"):
    id: {Noun}Id
    index: int


class {Noun}Removed(Struct, tag="removed"):
    id: {Noun}Id
    when: dt.datetime


class No{Noun}(RpcError, code={code}):
    """There is no such {noun}."""

    id: {Noun}Id


class {Noun}Busy(RpcError, code={busy}):
    """Somebody else is at that {noun}."""

    owner: str
    since: dt.datetime
'''

CALLS: Final = (
    ("get", "id: {Noun}Id", "{Noun}", "Return one {noun}."),
    ("page", "after: str | None = None, *, size: int = 50", "{Noun}Page", "Return some of them."),
    ("count", "*, kind: {Noun}Kind | None = None", "int", "Tell how many there are."),
    ("create", "title: str, kind: {Noun}Kind = {Noun}Kind.PLAIN", "{Noun}", "Make a new {noun}."),
    ("change", "id: {Noun}Id, change: {Noun}Change", "{Noun}", "Change one {noun}."),
    ("replace", "{noun}: {Noun}", "None", "Put a {noun} in the place of the one with its id."),
    ("delete", "ids: list[{Noun}Id], *, forever: bool = False", "int", "Remove some of them."),
    ("move", "id: {Noun}Id, index: int", "None", "Put one {noun} elsewhere."),
    ("history", "id: {Noun}Id", "list[{Noun}Moved | {Noun}Removed]", "Tell what became of it."),
    ("sizes", "", "dict[str, int]", "Tell how large each {noun} is."),
    ("by_kind", "", "dict[{Noun}Kind, list[{Noun}Id]]", "Return all of them, by their kinds."),
    ("newest", "since: dt.datetime, *, limit: int = 10", "list[{Noun}]", "Return the latest."),
    ("preview", "id: {Noun}Id, *, width: int = 64", "bytes", "Draw a picture of one {noun}."),
    ("lock", "id: {Noun}Id, time: dt.timedelta", "bool", "Keep others off for a while."),
    ("read", "data: AsyncIterator[bytes], *, name: str", "{Noun}Id", "Make one of a file."),
    ("sort", "first: Callable[[{Noun}, {Noun}], Awaitable[bool]]", "None", "Put them in order."),
    ("check", "progress: Progress[float]", "list[{Noun}Id]", "Find those that are damaged."),
    ("export", "ids: list[{Noun}Id], done: Callable[[str], None]", "int", "Write files of them."),
)
STREAMS: Final = (
    ("find", "text: str, *, limit: int = 100", "{Noun}", "Search all of them."),
    ("watch", "id: {Noun}Id", "{Noun}Moved | {Noun}Removed", "Follow one {noun}."),
)
"""A name, parameters, a result or an item, and what is said of it."""

PER_NAMESPACE: Final = len(CALLS) + len(STREAMS)


@dataclass(frozen=True)
class Texts:
    api: str
    """The module `api`, whose contract is `StudioAPI`."""
    worker: str
    """The module `worker`, whose `main` serves it."""


def texts(methods: int) -> Texts:
    """Return a contract of so many methods: two of its own, and what is left in namespaces."""
    chance = random.Random(SEED)
    api, worker, attributes, made = [HEAD.format(methods=methods)], [WORKER_HEAD], "", ""
    left = methods - 2
    for index, noun in enumerate(NOUNS[: -(-left // PER_NAMESPACE)]):
        names = {"noun": noun, "Noun": noun.title()}
        members = [(*call, False) for call in CALLS] + [(*stream, True) for stream in STREAMS]
        own = members[: min(left, PER_NAMESPACE)]
        left -= len(own)
        codes = {"code": 4000 + 2 * index, "busy": 4001 + 2 * index}
        api.append(TYPES.format(fields=_fields(chance), **names, **codes))
        declared = "\n".join(_declared(*member, chance).format(**names) for member in own)
        done = "\n".join(_done(*member).format(**names) for member in own)
        title = noun.title()
        said = f'    """Whatever has to do with a {noun}."""\n\n    changed: Event[{title}]\n\n'
        api.append(f"\nclass {title}API(Protocol):\n{said}{declared}")
        worker.append(f"\nclass {title}Part({title}API):\n    changed: Event[{title}]\n\n{done}")
        attributes += f"    {noun}: {title}API\n"
        made += f"        self.{noun} = {title}Part()\n"
    if left:
        raise ValueError(f"there are types for {methods - left} methods at most")
    add = "    async def add(self, a: float, b: float) -> float:{body}\n"
    greet = "    async def greet(self, name: str, *, loud: bool = False) -> str:{body}\n"
    api.append(
        f'\nclass StudioAPI(Protocol):\n    """All that the worker does."""\n\n{attributes}\n'
        + (add + greet).format(body=" ...")
    )
    begin = f"    def __init__(self) -> None:\n{made}\n" if made else ""
    worker.append(
        f"\nclass Studio(StudioAPI):\n{attributes}\n{begin}"
        + add.format(body="\n        return a + b")
        + greet.format(body="\n        return name")
        + "\n\ndef main() -> None:\n    serve(Studio(), StudioAPI)\n"
    )
    return Texts("\n".join(api), "\n".join(worker))


def _fields(chance: random.Random) -> str:
    lines: list[str] = []
    for name, kind, default, said in sorted(
        chance.sample(FIELDS, 8), key=lambda field: bool(field[2])
    ):
        lines.append(f"{name}: {kind}" + (f" = {default}" if default else ""))
        lines += [f'"""{said}"""'] if said else []
    return textwrap.indent("\n".join(lines), "    ")


def _declared(
    name: str, params: str, result: str, said: str, streams: bool, chance: random.Random
) -> str:
    """Return a member of a contract; most can fail, and half say more than one sentence."""
    raised = chance.choice(("", "No{Noun}", "No{Noun}", "No{Noun}, {Noun}Busy"))
    more = chance.choice(("", "\n\nIt is done when this returns, whatever else goes on.\n"))
    doc = textwrap.indent(f'"""{said}{more}"""', " " * 8)
    head = _head(name, params, f"AsyncIterator[{result}]" if streams else result)
    decorator = f"    @raises({raised})\n" if raised else ""
    return f"{decorator}    {'' if streams else 'async '}{head}\n{doc}\n        ...\n"


def _done(name: str, params: str, result: str, _said: str, streams: bool) -> str:
    head = _head(name, params, f"AsyncIterator[{result}]" if streams else result)
    body = "        raise NotImplementedError\n"
    return f"    async {head}\n{body}{'        yield' if streams else ''}\n"


def _head(name: str, params: str, result: str) -> str:
    return f"def {name}(self{', ' if params else ''}{params}) -> {result}:"
