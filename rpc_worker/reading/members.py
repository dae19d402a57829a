"""A class as a namespace: its methods, and the namespaces within it."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_origin

import typing_extensions

from rpc_worker.contract import REQUIRED, ErrorType, Method, Namespace, Parameter
from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.markers import mode_of, raised_by
from rpc_worker.reading.hints import Unresolved, class_hints, function_hints
from rpc_worker.reading.names import camel, place_of, spell
from rpc_worker.reading.records import description, doc_of, kind_of
from rpc_worker.schema import Record, Scalar, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpc_worker.reading.annotations import TypeReader

__all__ = ["MemberReader"]

_FOREIGN: Final = frozenset({"builtins", "typing", "typing_extensions", "abc"})
"""Modules whose classes in the MRO bring no members."""

_RESERVED: Final = frozenset({"rpc", "system"})
"""Namespaces of the protocol itself (protocol, section 2)."""

_OPTIONS: Final = frozenset({"signal", "timeoutMs"})
"""What a TypeScript client has among the options of every call."""


_VARIABLE: Final = inspect.Parameter.VAR_KEYWORD
_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY
_UNNAMED: Final = {
    inspect.Parameter.POSITIONAL_ONLY: (
        "it is positional-only, and a call by name could not give it",
        "Remove the / from the signature.",
    ),
    inspect.Parameter.VAR_POSITIONAL: (
        "it is any number of parameters",
        "Write one parameter that is a list, such as values: list[float].",
    ),
    inspect.Parameter.VAR_KEYWORD: (
        "it is parameters of any name",
        "Write keyword-only parameters, or one that is a dict, such as values: dict[str, float].",
    ),
}


class MemberReader:
    """Reads the members of a contract's class.

    Attributes:
        methods: What has been read so far, by wire name.
    """

    def __init__(self, types: TypeReader) -> None:
        self.methods: dict[str, Method] = {}
        self._types = types
        self._errors: dict[type[RpcError], ErrorType] = {}
        self._codes: dict[int, type[RpcError]] = {}

    def namespace(
        self, cls: type, path: tuple[str, ...] = (), within: tuple[type, ...] = ()
    ) -> Namespace:
        """Read a class with all of its members."""
        place = place_of(cls)
        taken: dict[str, str] = {}
        methods: list[Method] = []
        for name, member in _members(cls):
            if isinstance(member, property):
                if typing_extensions.is_protocol(cls):
                    what = f"{name} is a property, and callers can only call"
                    advice = f"Write async def {name}(self) -> …: ..."
                    self._types.refuse(f"{place}.{name}", what, advice)
            elif self._claim(name, taken, place):
                method = self._method(member, (*path, name), cls)
                if method is not None:
                    methods.append(method)
        self.methods.update((method.wire, method) for method in methods)
        namespaces: list[Namespace] = []
        for name, annotation in self._namespaces(cls, place):
            if annotation in {cls, *within}:
                what = f"{spell(annotation)} contains itself"
                self._types.refuse(f"{place}.{name}", what, "Give it a class of its own.")
            elif not path and camel(name) in _RESERVED:
                what = f"names that start with {camel(name)}. are reserved on the wire"
                self._types.refuse(f"{place}.{name}", what, "Give it another name.")
            elif self._claim(name, taken, place):
                namespaces.append(self.namespace(annotation, (*path, name), (*within, cls)))
        wire = ".".join(map(camel, path))
        return Namespace(
            wire=wire,
            name=wire.rpartition(".")[2],
            doc=doc_of(cls),
            methods=tuple(methods),
            namespaces=tuple(namespaces),
            source=self._types.source_of(cls),
        )

    def _claim(self, name: str, taken: dict[str, str], place: str) -> bool:
        """Take a member's name on the wire, if it can be had."""
        wire = camel(name)
        if wire in taken:
            what = f"{taken[wire]} and {name} are both {wire} on the wire"
            self._types.refuse(f"{place}.{name}", what, "Give one of them another name.")
            return False
        taken[wire] = name
        if wire == "then":
            what = "JavaScript takes an object with a member called then for a promise"
            self._types.refuse(f"{place}.{name}", what, "Give it another name.")
        return True

    def _namespaces(self, cls: type, place: str) -> Iterator[tuple[str, type]]:
        """Return the annotated attributes that are namespaces, and refuse what looks like one."""
        hints = {n: hint for n, owner, hint in class_hints(cls) if _is_public(n, owner)}
        for name, hint in hints.items():
            if isinstance(hint, Unresolved):
                self._types.refuse(f"{place}.{name}", hint.problem, hint.advice)
            elif _is_namespace(hint):
                yield name, hint
            elif typing_extensions.is_protocol(cls) and get_origin(hint) is not ClassVar:
                what = f"{spell(hint)} is no class with methods"
                advice = f"Write async def {name}(self) -> {spell(hint)}: ..., or leave it out."
                self._types.refuse(f"{place}.{name}", what, advice)

    def _method(self, member: Any, path: tuple[str, ...], cls: type) -> Method | None:
        place = f"{place_of(cls)}.{path[-1]}"
        function = _function_of(member)
        hints = function_hints(function)
        if isinstance(hints, Unresolved):
            self._types.refuse(place, hints.problem, hints.advice)
            return None
        parameters = list(inspect.signature(function).parameters.values())
        if not _is_static(member):
            if not parameters or parameters[0].kind in {_VARIABLE, _KEYWORD}:
                what = "it has no self"
                self._types.refuse(place, what, f"Write def {path[-1]}(self, …).")
            parameters = parameters[1:]
        read = tuple(self._parameters(parameters, hints, place))
        if "return" in hints:
            result = self._types.read(hints["return"], f"{place}, result")
        else:
            what = "it does not say what it returns"
            result = self._types.refuse(place, what, "Write -> None, or the type of the result.")
        null = isinstance(result, Scalar) and result.kind == "null"
        mode = mode_of(member)
        return Method(
            wire=".".join(map(camel, path)),
            path=path,
            parameters=read,
            result=result,
            result_annotation=None if null else result.annotation,
            doc=inspect.cleandoc(function.__doc__ or ""),
            deprecated=getattr(member, "__deprecated__", None),
            errors=tuple(self._raised(member, place)),
            source=self._source_of(function, cls),
            kind=mode or ("async" if inspect.iscoroutinefunction(function) else "thread"),
        )

    def _source_of(self, function: FunctionType, cls: type) -> Source:
        code = function.__code__
        # The compiler's first line is that of the first decorator.
        line = self._types.sources.of(cls).line(function.__name__) if self._types.sources else 0
        return Source(function.__module__, line or code.co_firstlineno, code.co_filename)

    def _parameters(
        self, parameters: list[inspect.Parameter], hints: dict[str, Any], place: str
    ) -> Iterator[Parameter]:
        taken: dict[str, str] = {}
        for parameter in parameters:
            name, kind = parameter.name, parameter.kind
            here = f"{place}, parameter {name}"
            wire = camel(name)
            if kind in _UNNAMED:
                self._types.refuse(here, *_UNNAMED[kind])
                continue
            if name.startswith("_"):
                self._types.refuse(here, "its name starts with _", "Give it another name.")
            elif wire in _OPTIONS:
                what = f"{wire} is an option of every call in TypeScript"
                self._types.refuse(here, what, "Give it another name.")
            elif wire in taken:
                what = f"{taken[wire]} and {name} are both {wire} on the wire"
                self._types.refuse(here, what, "Give one of them another name.")
            taken[wire] = name
            if name not in hints:
                self._types.refuse(here, "it has no type", f"Write {name}: str, or what it is.")
                continue
            node = self._types.read(hints[name], here)
            given = parameter.default is not inspect.Parameter.empty
            if given:
                self._types.check_default(node, parameter.default, here)
            yield Parameter(
                name=name,
                wire=wire,
                type=node,
                annotation=node.annotation,
                keyword=kind is _KEYWORD,
                default=parameter.default if given else REQUIRED,
                doc=description(hints[name]),
            )

    def _raised(self, member: Any, place: str) -> Iterator[ErrorType]:
        declared: tuple[type, ...] = raised_by(member)
        for cls in declared:
            here = f"{place}, @raises({cls.__name__})"
            if not issubclass(cls, RpcError):
                advice = f"Write class {cls.__name__}(RpcError, code=4004), or another code."
                self._types.refuse(here, f"{cls.__name__} is no RpcError", advice)
            elif cls.code == ErrorCode.APPLICATION_ERROR:
                what = f"{cls.__name__} has no code of its own"
                name = "NotFound" if cls is RpcError else cls.__name__
                advice = f"Write class {name}(RpcError, code=4004), or another code."
                self._types.refuse(here, what, advice)
            elif self._codes.setdefault(cls.code, cls) is not cls:
                other = self._codes[cls.code].__name__
                what = f"{other} has the code {cls.code} too"
                self._types.refuse(here, what, "Give one of them another code.")
            else:
                yield self._error(cls, here)

    def _error(self, cls: type[RpcError], place: str) -> ErrorType:
        known = self._errors.get(cls)
        if known is not None:
            return known
        data = None if cls.data_type is None else self._types.read(cls.data_type, place)
        error = ErrorType(
            cls=cls,
            name=cls.__name__,
            code=int(cls.code),
            doc=doc_of(cls),
            data=data if isinstance(data, Record) else None,
            source=self._types.source_of(cls),
        )
        self._errors[cls] = error
        return error


def _members(cls: type) -> list[tuple[str, Any]]:
    """Return the public functions and properties of a class and its bases, base classes first."""
    found = {
        name: member
        for owner in reversed(cls.__mro__)
        for name, member in vars(owner).items()
        if _is_public(name, owner)
    }
    return [
        (name, member)
        for name, member in found.items()
        if isinstance(member, property) or isinstance(_function_of(member), FunctionType)
    ]


def _function_of(member: Any) -> Any:
    function = member.__func__ if _is_static(member) or _is_of_class(member) else member
    # Decorators hide whether a function is a coroutine function, and its annotations' globals.
    return inspect.unwrap(function) if callable(function) else function


def _is_static(member: object) -> bool:
    return isinstance(member, staticmethod)


def _is_of_class(member: object) -> bool:
    return isinstance(member, classmethod)


def _is_public(name: str, owner: type) -> bool:
    return not name.startswith("_") and owner.__module__ not in _FOREIGN


def _is_namespace(hint: Any) -> bool:
    if not isinstance(hint, type) or hint.__module__.partition(".")[0] in sys.stdlib_module_names:
        return False
    return kind_of(hint) is None and bool(_members(hint))
