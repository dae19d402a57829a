"""A contract's descriptor: the constant that the runtime works by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.codegen.references import is_nothing, is_option, role_of
from rpc_worker.codegen.syntax import WIDTH, key, listed, literal
from rpc_worker.contract import REQUIRED
from rpc_worker.schema import Callback, Progress, Stream

if TYPE_CHECKING:
    from rpc_worker.codegen.directions import Side
    from rpc_worker.codegen.imports import Imports
    from rpc_worker.contract import Contract, EventType, Method, Namespace


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


def descriptor(end: End, interface: str, runtime: Imports, command: str) -> str:
    """Return what stands behind a constant's name, with its type.

    Args:
        end: What is described.
        interface: The type of what the descriptor describes.
        runtime: Is asked for what the descriptor names.
        command: The command that generates it all again.
    """
    digests = [literal(digest) for digest in end.digests]
    regenerate = f"  regenerate: {literal(command)},\n"
    if len(regenerate) > WIDTH + 1:
        regenerate = f"  regenerate:\n    {literal(command)},\n"
    members = _DescriptorWriter(end.side, runtime).members(end.contract.root, "  ")
    return (
        f": {runtime.type('Descriptor')}<{interface}> = {{\n"
        f"  name: {literal(end.contract.name)},\n"
        f"  contract: {digests[0] if len(digests) == 1 else _list('contract', digests, '  ')},\n"
        f"{regenerate}"
        f"  members: {members},\n"
        "};\n"
    )


class _DescriptorWriter:
    def __init__(self, side: Side, runtime: Imports) -> None:
        self._side = side
        self._runtime = runtime

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
        if takes := self._takes(method):
            used = len("takes: ,")
            items.append(f"takes: {listed('{ ', takes, ' }', indent=deeper, used=used)}")
        if isinstance(method.result, Stream):
            items.append(f"returns: {self._runtime.value(role_of(method.result))}")
        elif self._side == "frontend" and is_nothing(method.result):
            items.append("returns: null")  # Whatever the page's function returns is not sent.
        return head + listed("{ ", items, " }", indent=indent, used=len(head) + len(","))

    def _takes(self, method: Method) -> list[str]:
        """Return the parameters that are no plain values, with what the runtime has for each."""
        taken: list[str] = []
        for parameter in method.parameters:
            if isinstance(parameter.type, Stream | Progress | Callback):
                name, role = key(parameter.wire), self._runtime.value(role_of(parameter.type))
                taken.append(name if name == role else f"{name}: {role}")
        return taken

    def _event(self, event: EventType, indent: str) -> str:
        head = f"{key(event.name)}: "
        opening, used = f"{self._runtime.value('event')}(", len(head) + len(",")
        return head + listed(opening, [literal(event.wire)], ")", indent=indent, used=used)


def _list(name: str, items: list[str], indent: str) -> str:
    return listed("[", items, "]", indent=indent, used=len(name) + len(": ,"))
