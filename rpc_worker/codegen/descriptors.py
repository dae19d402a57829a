"""A contract's descriptor: the constant that the runtime works by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.codegen.codecs import Expression
from rpc_worker.codegen.references import is_option, role_of
from rpc_worker.codegen.syntax import WIDTH, key, listed, literal
from rpc_worker.contract import REQUIRED
from rpc_worker.schema import Callback, Progress, Stream, is_null

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.codegen.codecs import CodecWriter
    from rpc_worker.codegen.directions import Side
    from rpc_worker.codegen.imports import Imports
    from rpc_worker.contract import Contract, ErrorType, EventType, Method, Namespace
    from rpc_worker.schema import Reference, Type


class End(msgspec.Struct, frozen=True):
    """One end of a conversation: a contract, and who implements it.

    Attributes:
        target: What the contract is called on the command line.
        digests: Those of the conversations that it is part of, which cover both contracts: one for
            each worker that the page talks to.
    """

    target: str
    contract: Contract
    side: Side
    digests: tuple[str, ...]


class Parts(msgspec.Struct, frozen=True):
    """What a descriptor is written with.

    Attributes:
        runtime: Is asked for what the descriptor names of the runtime's.
        codecs: Is asked for what converts values.
        errors: Is asked for the name of a declared error.
    """

    runtime: Imports
    codecs: CodecWriter
    errors: Callable[[ErrorType], str]


def descriptor(end: End, interface: str, parts: Parts, command: str) -> str:
    """Return what stands behind a constant's name, with its type.

    Args:
        end: What is described.
        interface: The type of what the descriptor describes.
        parts: What it is written with.
        command: The command that generates it all again.
    """
    digests = [literal(digest) for digest in end.digests]
    regenerate = f"  regenerate: {literal(command)},\n"
    if len(regenerate) > WIDTH + 1:
        regenerate = f"  regenerate:\n    {literal(command)},\n"
    members = _DescriptorWriter(end.side, parts).members(end.contract.root, "  ")
    return (
        f": {parts.runtime.type('Descriptor')}<{interface}> = {{\n"
        f"  name: {literal(end.contract.name)},\n"
        f"  contract: {digests[0] if len(digests) == 1 else _list('contract', digests, '  ')},\n"
        f"{regenerate}"
        f"  members: {members},\n"
        "};\n"
    )


class _DescriptorWriter:
    def __init__(self, side: Side, parts: Parts) -> None:
        self._side = side
        self._runtime = parts.runtime
        self._codec = parts.codecs.expression
        self._error = parts.errors

    def members(self, namespace: Namespace, indent: str) -> str:
        inner = f"{indent}  "
        entries = [self._method(method, inner) for method in namespace.methods]
        entries += [self._event(event, inner) for event in namespace.events]
        for nested in namespace.namespaces:
            deeper = f"{inner}  "
            members = self.members(nested, deeper)
            entries.append(f"{key(nested.name)}: {{\n{deeper}members: {members},\n{inner}}}")
        lines = "".join(f"{inner}{entry},\n" for entry in entries)
        return f"{{\n{lines}{indent}}}"

    def _method(self, method: Method, indent: str) -> str:
        head = f"{key(method.name)}: "
        progress = [p.wire for p in method.parameters if isinstance(p.type, Progress)]
        options = [p.wire for p in method.parameters if p.keyword and p.wire not in progress]
        lists = {
            "params": [literal(p.wire) for p in method.parameters if not is_option(p)],
            "options": [literal(wire) for wire in options],
            # A function of the page's can count on what the worker has to give.
            "required": [
                literal(p.wire)
                for p in method.parameters
                if self._side == "frontend" and p.default is REQUIRED and p.wire not in progress
            ],
        }
        deeper = f"{indent}  "
        items = [f"method: {literal(method.wire)}"]
        for name, values in lists.items():
            if values or name == "params":
                items.append(f"{name}: {_list(name, values, deeper)}")
        items += [f"onProgress: {literal(wire)}" for wire in progress]
        if takes := self._takes(method, f"{deeper}  "):
            used = len("takes: ,")
            items.append(f"takes: {listed('{ ', takes, ' }', indent=deeper, used=used)}")
        if returns := self._returns(method):
            items.append(f"returns: {returns.text(indent=deeper, used=len('returns: ,'))}")
        if method.errors:
            raised = [self._raised(error) for error in method.errors]
            # A formatter breaks a list of several lists that have several entries.
            is_broken = len(raised) > 1 and all("," in entry for entry in raised)
            used = WIDTH if is_broken else len("raises: ,")
            items.append(f"raises: {listed('[', raised, ']', indent=deeper, used=used)}")
        return head + listed("{ ", items, " }", indent=indent, used=len(head) + len(","))

    def _takes(self, method: Method, indent: str) -> list[str]:
        """Return the parameters that are no plain values, with how each crosses."""
        taken: list[str] = []
        for parameter in method.parameters:
            role = self._role(parameter.type)
            if role is not None:
                name = key(parameter.wire)
                text = role.text(indent=indent, used=len(name) + len(": ,"))
                taken.append(name if name == text else f"{name}: {text}")
        return taken

    def _returns(self, method: Method) -> Expression | None:
        if self._side == "frontend" and is_null(method.result):
            return Expression("null")  # Whatever the page's function returns is not sent.
        return self._role(method.result)

    def _role(self, node: Type | Reference) -> Expression | None:
        """Return how a parameter or a result crosses; None for a plain value."""
        match node:
            case Stream(item=value) | Progress(value=value):
                codec = self._codec(value)
                return self._plain(node) if codec is None else codec.within(self._of(node))
            case Callback(parameters=parameters, result=result):
                taken = [self._codec(parameter) for parameter in parameters]
                while taken and taken[-1] is None:
                    taken.pop()
                given = None if result is None else self._codec(result)
                if not taken and given is None:
                    return self._plain(node)
                codecs = f"[{', '.join('undefined' if c is None else c.line() for c in taken)}]"
                codecs += "" if given is None else f", {given.line()}"
                return Expression(codecs).within(self._of(node))
            case _:
                codec = self._codec(node)
                return None if codec is None else codec.within(self._runtime.value("value"))

    def _plain(self, node: Reference) -> Expression:
        return Expression(self._runtime.value(role_of(node)))

    def _of(self, node: Reference) -> str:
        """Return the function that makes a role with codecs."""
        return self._runtime.value(f"{role_of(node)}Of")

    def _raised(self, error: ErrorType) -> str:
        codec = None if error.data is None else self._codec(error.data)
        return f"[{self._error(error)}{'' if codec is None else f', {codec.line()}'}]"

    def _event(self, event: EventType, indent: str) -> str:
        head = f"{key(event.name)}: "
        codec = self._codec(event.payload)
        opening = f"{self._runtime.value('event' if codec is None else 'eventOf')}("
        arguments = [literal(event.wire)]
        if codec is not None:
            arguments.append(codec.line())
            if len(f"{indent}{head}{opening}{', '.join(arguments)}),") > WIDTH:
                arguments[1] = codec.text(indent=f"{indent}  ", used=len(","))
        return head + listed(opening, arguments, ")", indent=indent, used=len(head) + len(","))


def _list(name: str, items: list[str], indent: str) -> str:
    return listed("[", items, "]", indent=indent, used=len(name) + len(": ,"))
