"""What crosses as a token or a handle, in TypeScript: streams, callbacks, progress.

Which way it crosses says what it looks like: what a page gives may be any iterable, or a function
that answers at once or later; what a page is given is the runtime's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from rpc_worker.codegen.directions import opposite
from rpc_worker.codegen.syntax import property_name
from rpc_worker.schema import Callback, Progress, Stream, is_null

if TYPE_CHECKING:
    from rpc_worker.codegen.directions import Direction
    from rpc_worker.codegen.imports import Imports
    from rpc_worker.codegen.types import TypeWriter
    from rpc_worker.contract import Parameter
    from rpc_worker.schema import Reference, Type

Role: TypeAlias = Literal["stream", "callback", "procedure", "notice", "progress"]
"""What the runtime has for each kind of reference, by the name under which it exports it."""


class ReferenceWriter:
    """Writes the types of parameters and results, be they values or references."""

    def __init__(self, types: TypeWriter, runtime: Imports) -> None:
        self._types = types
        self._runtime = runtime

    def alternatives(self, node: Type | Reference, direction: Direction, *others: str) -> list[str]:
        """Return the members of a union: what the node is, and what else may stand in its place."""
        match node:
            case Stream(optional=optional):
                found = self._stream(node, direction)
            case Progress(value=value):
                optional = False
                found = [self._function((value,), "void", opposite(direction))]
            case Callback(optional=optional):
                found = [self._callback(node, direction)]
            case _:
                found = self._types.alternatives(node, direction)
                # It takes in the others.
                return found if found == ["unknown"] else [*found, *others]
        others = ("null", *others) if optional else others
        if others and not isinstance(node, Stream):
            found = [f"({function})" for function in found]
        return [*found, *others]

    def values(self, node: Type, direction: Direction) -> list[str]:
        """Return the members of the union that a call answers with."""
        if is_null(node):
            return ["void"]
        return self._types.alternatives(node, direction)

    def answer(self, node: Type | Stream, direction: Direction) -> list[str]:
        """Return what a call returns: output by the runtime, input by a function of the page's."""
        if isinstance(node, Stream):
            return self._stream(node, direction)
        if direction == "input" and is_null(node):
            # `() => list.push(1)` is not `void | Promise<void>`, and what it returns is not sent.
            return ["unknown"]
        found = self.values(node, direction)
        promise = f"Promise<{' | '.join(found)}>"
        if direction == "output":
            return [promise]
        return found if found == ["unknown"] else [*found, promise]

    def _stream(self, node: Stream, direction: Direction) -> list[str]:
        item = self._types.expression(node.item, direction)
        if direction == "output":
            return [f"{self._runtime.type('Stream')}<{item}>"]
        return [f"AsyncIterable<{item}>", f"Iterable<{item}>"]

    def _callback(self, node: Callback, direction: Direction) -> str:
        result = "void" if node.result is None else " | ".join(self.answer(node.result, direction))
        return self._function(node.parameters, result, opposite(direction))

    def _function(self, parameters: tuple[Type, ...], result: str, direction: Direction) -> str:
        # Python's Callable has no names to take over.
        numbers = [""] if len(parameters) == 1 else [str(n + 1) for n in range(len(parameters))]
        taken = [
            f"value{number}: {self._types.expression(parameter, direction)}"
            for number, parameter in zip(numbers, parameters, strict=True)
        ]
        return f"({', '.join(taken)}) => {result}"


def role_of(node: Reference) -> Role:
    """Return how the runtime carries it."""
    match node:
        case Stream():
            return "stream"
        case Progress():
            return "progress"
        case Callback(result=None):
            return "notice"
        case Callback(result=result):
            return "procedure" if is_null(result) else "callback"
        case _:
            assert_never(node)


def option_name(parameter: Parameter) -> str:
    """Return what a member of the options is called there."""
    return "onProgress" if isinstance(parameter.type, Progress) else property_name(parameter.wire)


def is_option(parameter: Parameter) -> bool:
    """Tell whether a parameter is a member of the options in TypeScript."""
    return parameter.keyword or isinstance(parameter.type, Progress)
