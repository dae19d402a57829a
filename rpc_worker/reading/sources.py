"""Where a class, its members and the names of types stand in their source, and what is said there.

Python keeps no docstrings of fields: they are taken from the syntax tree, and so is the column of
each name. Only the generator asks, since a worker that starts has no time to parse.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tokenize
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
import typing_extensions

from rpc_worker.schema import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClassSource", "Said", "Sources", "units"]

Definition: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Said(msgspec.Struct, frozen=True):
    """Where a name is given, the docstring below it, and where a function's parameters stand."""

    source: Source
    doc: str = ""
    parameters: dict[str, Source] = {}


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

    def place(self, name: str, parameter: str | None = None) -> Source | None:
        """Return where a member, or a parameter of it, stands; None if it is not known."""
        member = self.members.get(name)
        if member is None:
            return None
        return member.source if parameter is None else member.parameters.get(parameter)


class _File(msgspec.Struct, frozen=True):
    """A file of Python: its path, its lines and its syntax tree; of what has no source, none."""

    path: str = ""
    lines: list[str] = []
    tree: ast.Module | None = None


class Sources:
    """The sources of classes, each file parsed once."""

    def __init__(self) -> None:
        self._classes: dict[type, ClassSource] = {}
        self._files: dict[str, _File] = {}
        self._names: dict[str, dict[str, Said]] = {}
        self._definitions: dict[ast.AST, dict[str, Definition]] = {}

    def of(self, cls: type) -> ClassSource:
        """Return what the source tells of a class; of one without a source, only its module."""
        known = self._classes.get(cls)
        if known is None:
            known = self._classes[cls] = self._read(cls)
        return known

    def of_name(self, module: str, name: str) -> Said:
        """Return where a module gives a name to a type; without a line if it does not."""
        if module not in self._names:
            file = self._file_of(module)
            statements = [] if file.tree is None else _statements(file.tree)
            self._names[module] = dict(_said_in(statements, module, file))
        return self._names[module].get(name, Said(Source(module, 0)))

    def _read(self, cls: type) -> ClassSource:
        members: dict[str, Said] = {}
        module, file = cls.__module__, self._file_of(cls.__module__)
        definition = self._find(cls, file.tree)
        for base in reversed([*cls.__mro__[1:], *_forgotten_bases(cls, definition)]):
            members |= self.of(base).members
        if definition is None:
            # A call may have made it: `Headers = TypedDict("Headers", …)`.
            return ClassSource(self.of_name(module, cls.__name__).source, members)
        members |= dict(_said_in(definition.body, module, file))
        return ClassSource(_place(definition, module, file), members)

    def _find(self, cls: type, tree: ast.Module | None) -> ast.ClassDef | None:
        scope: ast.Module | Definition | None = tree
        for part in cls.__qualname__.split("."):
            if scope is not None and part != "<locals>":
                scope = self._defined_in(scope).get(part)
        return scope if isinstance(scope, ast.ClassDef) else None

    def _defined_in(self, scope: ast.Module | Definition) -> dict[str, Definition]:
        if scope not in self._definitions:
            # A name that is defined twice is the last of its definitions.
            found = (d for d in _statements(scope) if isinstance(d, Definition))
            self._definitions[scope] = {definition.name: definition for definition in found}
        return self._definitions[scope]

    def _file_of(self, module: str) -> _File:
        if module.partition(".")[0] in sys.stdlib_module_names:
            # `typing` and `enum` are long, and say nothing of a contract.
            return _File()
        path = getattr(sys.modules.get(module), "__file__", None) or ""
        if path not in self._files:
            self._files[path] = _parse(path)
        return self._files[path]


def _parse(path: str) -> _File:
    if Path(path).suffix != ".py":
        return _File()
    try:
        with tokenize.open(path) as source:
            text = source.read()
        return _File(path, text.split("\n"), ast.parse(text))
    except (OSError, SyntaxError, UnicodeError):
        # A frozen app has no sources; a file can have changed since it was imported.
        return _File()


def _forgotten_bases(cls: type, definition: ast.ClassDef | None) -> Iterator[type]:
    """Return what a TypedDict inherits from: at run time its one base is dict."""
    if definition is None or not typing_extensions.is_typeddict(cls):
        return
    for base in definition.bases:
        named = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(named, ast.Name):
            found = getattr(sys.modules.get(cls.__module__), named.id, None)
            if isinstance(found, type):
                yield found


def _statements(scope: ast.AST) -> list[ast.stmt]:
    """Return what stands in a scope, also below `if` and `try`, but not what is within others."""
    found: list[ast.stmt] = []
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.stmt):
            found.append(child)
        if not isinstance(child, Definition):
            found += _statements(child)
    return found


def _said_in(statements: list[ast.stmt], module: str, file: _File) -> Iterator[tuple[str, Said]]:
    for statement, below in zip_longest(statements, statements[1:]):
        name = _name_of(statement)
        if name is not None:
            parameters = {p.arg: _place(p, module, file) for p in _parameters_of(statement)}
            yield name, Said(_place(statement, module, file), _text_of(below), parameters)


def _parameters_of(statement: ast.stmt) -> list[ast.arg]:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    given = statement.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def _name_of(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case _:
            # `type X = …`, which Python 3.11 does not have.
            alias = getattr(statement, "name", None)
            return alias.id if isinstance(alias, ast.Name) else None


_KEYWORD: Final = re.compile(r"(?:async\s+def|def|class|type)\s+")
_NAME: Final = re.compile(r"\w*")


def _place(node: ast.stmt | ast.arg, module: str, file: _File) -> Source:
    """Return where a statement, or a parameter, gives its name."""
    line = file.lines[node.lineno - 1]
    # The syntax tree counts bytes of UTF-8.
    column = start = len(line.encode()[: node.col_offset].decode())
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.arg):
        keyword = _KEYWORD.match(line, column)
        column = keyword.end() if keyword else column
    name = _NAME.match(line, column)
    last, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    behind = file.lines[last - 1].encode()[:end].decode()
    span = Span(node.lineno, units(line[:start]), last, units(behind))
    return Source(
        module, node.lineno, file.path, units(line[:column]), name[0] if name else "", span
    )


def units(text: str) -> int:
    """Return how long a text is, as the columns of a `Source` are counted."""
    return len(text.encode("utf-16-le")) // 2


def _text_of(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return inspect.cleandoc(text)
        case _:
            return ""
