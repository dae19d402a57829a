"""The names that types are given in a contract, for the generator: aliases, NewTypes, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NewType, TypeVar, get_args

import msgspec

from rpc_worker.reading.aliases import value_of_alias
from rpc_worker.reading.records import said_in
from rpc_worker.schema import Alias, Enumeration, Record, Scalar, Source

if TYPE_CHECKING:
    from rpc_worker.reading.sources import Sources
    from rpc_worker.schema import Reference, Type

__all__ = ["TypeNames"]

NodeT = TypeVar("NodeT", bound="Type | Reference")


class TypeNames:
    """The names of one contract, each read once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[Any, Alias] = {}

    def called(self, node: NodeT, name: Any) -> NodeT:
        """Return a node under a name; a class keeps its own, and a generic alias is no name.

        Args:
            node: What the alias stands for.
            name: An alias or a NewType; a generic alias with its arguments.
        """
        has_own = isinstance(node, Record | Enumeration)
        if has_own or get_args(name) or getattr(name, "__type_params__", None):
            return node
        return msgspec.structs.replace(node, alias=self._of(name))

    def variable(self, variable: TypeVar) -> Scalar:
        """Return the node of a type variable, in the template of a generic class."""
        return Scalar(Any, "any", alias=self._of(variable))

    def _of(self, name: Any) -> Alias:
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, named: Any) -> Alias:
        name, module = named.__name__, named.__module__
        if isinstance(named, TypeVar):
            return Alias(name, module, "variable", "", Source(module, 0))
        said = self._sources.of_name(module, name)
        kind: Literal["alias", "newtype"] = "newtype" if isinstance(named, NewType) else "alias"
        doc = said.doc or said_in(value_of_alias(named)).doc
        return Alias(name, module, kind, doc, said.source)
