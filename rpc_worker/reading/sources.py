"""Where a class and its members stand in their source, and what is said below each member.

Python keeps no docstrings of fields: they are taken from the syntax tree. Only the generator asks,
since a worker that starts has no time to parse.
"""

from __future__ import annotations

import ast
import inspect
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rpc_worker.schema import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClassSource", "Sources"]

Definition: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Said(msgspec.Struct, frozen=True):
    """A member's line, and its docstring."""

    line: int
    doc: str = ""


class ClassSource(msgspec.Struct, frozen=True):
    """What the source tells of a class.

    Attributes:
        source: Where the class itself is defined.
        members: Its own members and those of its bases, by name.
    """

    source: Source
    members: dict[str, Said]

    def doc(self, name: str) -> str:
        """Return the docstring below a field; empty if there is none."""
        return self.members[name].doc if name in self.members else ""

    def line(self, name: str) -> int:
        """Return a member's line; 0 if it is not known."""
        return self.members[name].line if name in self.members else 0


class Sources:
    """The sources of classes, each file parsed once."""

    def __init__(self) -> None:
        self._classes: dict[type, ClassSource] = {}
        self._trees: dict[str, ast.Module | None] = {}

    def of(self, cls: type) -> ClassSource:
        """Return what the source tells of a class; of one without a source, only its module."""
        known = self._classes.get(cls)
        if known is None:
            known = self._classes[cls] = self._read(cls)
        return known

    def _read(self, cls: type) -> ClassSource:
        members: dict[str, Said] = {}
        for base in reversed(cls.__mro__[1:]):
            members |= self.of(base).members
        file = _file_of(cls)
        definition = self._find(cls, file)
        if definition is None:
            return ClassSource(Source(cls.__module__, 0), members)
        members |= dict(_said_in(definition))
        return ClassSource(Source(cls.__module__, definition.lineno, file), members)

    def _find(self, cls: type, file: str) -> ast.ClassDef | None:
        if file not in self._trees:
            self._trees[file] = _parse(file)
        scope: ast.Module | Definition | None = self._trees[file]
        for part in cls.__qualname__.split("."):
            if scope is not None and part != "<locals>":
                # A name that is defined twice is the last of its definitions.
                scope = {d.name: d for d in _definitions(scope)}.get(part)
        return scope if isinstance(scope, ast.ClassDef) else None


def _file_of(cls: type) -> str:
    if cls.__module__.partition(".")[0] in sys.stdlib_module_names:
        # `typing` and `enum` are long, and say nothing of a contract.
        return ""
    return getattr(sys.modules.get(cls.__module__), "__file__", None) or ""


def _parse(file: str) -> ast.Module | None:
    if Path(file).suffix != ".py":
        return None
    try:
        with tokenize.open(file) as source:
            return ast.parse(source.read())
    except (OSError, SyntaxError, UnicodeError):
        # A frozen app has no sources; a file can have changed since it was imported.
        return None


def _definitions(scope: ast.AST) -> Iterator[Definition]:
    """Return what a scope defines, also below `if` and `try`, but not what is within those."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, Definition):
            yield child
        else:
            yield from _definitions(child)


def _said_in(definition: ast.ClassDef) -> Iterator[tuple[str, Said]]:
    following: list[ast.stmt | None] = [*definition.body[1:], None]
    for statement, below in zip(definition.body, following, strict=True):
        name = _name_of(statement)
        if name is not None:
            yield name, Said(statement.lineno, _text_of(below))


def _name_of(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case _:
            return None


def _text_of(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return inspect.cleandoc(text)
        case _:
            return ""
