"""A function as a method: its parameters, its result, the errors it declares."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import typing_extensions
from msgspec.structs import replace

from rpc_worker.contract import ErrorType, Method
from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.markers import mode_of, raised_by
from rpc_worker.reading.hints import Unresolved, function_hints
from rpc_worker.reading.names import camel, place_of, spell
from rpc_worker.reading.parameters import ParameterReader
from rpc_worker.reading.records import deprecation_of, doc_of
from rpc_worker.reading.references import ReferenceReader
from rpc_worker.schema import Progress, Record, Source, Stream, is_null

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType

    from rpc_worker.contract import Kind, Parameter
    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import Type

__all__ = ["MethodReader", "function_of", "is_self"]

_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BY_POSITION: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


class MethodReader:
    """Reads the methods of one contract."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types
        self._references = ReferenceReader(types)
        self._parameters = ParameterReader(types, self._references)
        self._errors: dict[type[RpcError], ErrorType] = {}
        self._codes: dict[int, type[RpcError]] = {}

    def read(self, member: Any, path: tuple[str, ...], cls: type) -> Method | None:
        """Read a method; one whose annotations cannot be evaluated is only noted as a misfit."""
        place = f"{place_of(cls)}.{path[-1]}"
        function = function_of(member)
        if (stranger := _not_its_own(member, function, path[-1])) is not None:
            self._types.refuse(place, *stranger)
            return None
        hints = function_hints(function)
        if isinstance(hints, Unresolved):
            self._types.refuse(place, hints.problem, hints.advice)
            return None
        parameters = list(inspect.signature(function).parameters.values())
        if not _is_static(member):
            if parameters and is_self(parameters[0]):
                del parameters[0]
            else:
                self._types.refuse(place, "it has no self", f"Write def {path[-1]}(self, …).")
        blocking = _blocks(function, member, cls)
        read = self._placed(
            self._parameters.read(parameters, hints, place, blocking=blocking), function, cls
        )
        if "return" in hints:
            result = self._result(function, hints["return"], place, blocking=blocking)
        else:
            what = "it does not say what it returns"
            result = self._types.refuse(place, what, "Write -> None, or the type of the result.")
        if isinstance(result, Stream):
            self._check_stream(read, place)
        return Method(
            wire=".".join(map(camel, path)),
            path=path,
            parameters=read,
            result=result,
            result_annotation=None if is_null(result) else result.annotation,
            doc=inspect.cleandoc(function.__doc__ or ""),
            deprecated=getattr(member, "__deprecated__", None),
            errors=tuple(self._raised(member, place)),
            source=self._source_of(function, cls),
            kind=_kind_of(member, function, result),
            function=member,
        )

    def _placed(
        self, parameters: tuple[Parameter, ...], function: FunctionType, cls: type
    ) -> tuple[Parameter, ...]:
        if self._types.sources is None:
            return parameters
        place, name = self._types.sources.of(cls).place, function.__name__
        return tuple(replace(p, source=place(name, p.name)) for p in parameters)

    def _source_of(self, function: FunctionType, cls: type) -> Source:
        sources, name = self._types.sources, function.__name__
        place = sources.of(cls).place(name) if sources else None
        # The compiler's first line is that of the first decorator.
        code = function.__code__
        return place or Source(function.__module__, code.co_firstlineno, code.co_filename)

    def _result(self, function: FunctionType, hint: Any, place: str, *, blocking: bool) -> Any:
        here = f"{place}, result"
        found = self._references.read(hint, here, blocking=blocking)
        if found is None:
            return self._types.read(hint, here)
        written = spell(found.annotation)
        if not isinstance(found, Stream):
            what = f"{written} is given to a method, and not returned by one"
            return self._types.refuse(here, what, "Make it a parameter.")
        if found.optional:
            what = f"a stream is returned or is not: {written}"
            advice = f"Write {written.removesuffix(' | None')}; it may be without items."
            return self._types.refuse(here, what, advice)
        if inspect.iscoroutinefunction(function):
            what = f"an async def has to be awaited before there is {written}"
            return self._types.refuse(here, what, f"Write def {function.__name__}, without async.")
        return found

    def _check_stream(self, parameters: tuple[Parameter, ...], place: str) -> None:
        for parameter in parameters:
            if isinstance(parameter.type, Progress):
                here = f"{place}, parameter {parameter.name}"
                what = "a method that returns a stream has no progress: its items tell it"
                self._types.refuse(here, what, "Leave it out, or make it part of the items.")

    def _raised(self, member: Any, place: str) -> Iterator[ErrorType]:
        declared: tuple[type, ...] = raised_by(member)
        for cls in declared:
            here = f"{place}, @raises({cls.__name__})"
            if not issubclass(cls, RpcError):
                name = "NotFound" if cls.__module__ == "builtins" else cls.__name__
                advice = f"Write class {name}(RpcError, code=4004), or another code."
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
            deprecated=deprecation_of(cls),
        )
        self._errors[cls] = error
        return error


def _kind_of(member: Any, function: FunctionType, result: Type | Stream) -> Kind:
    if isinstance(result, Stream):
        return "stream"
    return mode_of(member) or ("async" if inspect.iscoroutinefunction(function) else "thread")


def _blocks(function: FunctionType, member: Any, cls: type) -> bool:
    """Tell whether a function is served itself, and runs in a thread."""
    on_the_loop = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    promise = typing_extensions.is_protocol(cls)
    return not (promise or on_the_loop or mode_of(member) not in {None, "thread"})


def is_self(first: inspect.Parameter) -> bool:
    """Tell whether a method's first parameter is its instance, and not an argument of a call's.

    Python takes any name; one that is not the usual one is an argument without a self before it.
    """
    own = first.name in {"self", "cls"} or (
        first.name.startswith("_") and first.annotation is inspect.Parameter.empty
    )
    return own and first.kind in _BY_POSITION


def _not_its_own(member: Any, function: FunctionType, name: str) -> tuple[str, str] | None:
    """Return why a function does not have the signature that the user wrote, and what to do."""
    if getattr(member, "__globals__", {}).get("__name__") == "contextlib":
        # The generator below it would pass for a stream.
        what = "it is a context manager, and nobody can enter it from the other side"
        return what, f"Call it _{name}."
    if function.__name__ == "_overload_dummy":
        what = "it has several signatures, by @overload, and a method has one"
        return what, "Write one signature, with unions where the types differ."
    if function.__name__ == name:
        return None
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind in _VARIADIC for p in parameters):
        what = f"its decorator returns {function.__name__}, which hides the signature"
        advice = f"Write @functools.wraps(…) above def {function.__name__}, in the decorator."
        return what, advice
    return None


def function_of(member: Any) -> Any:
    """Return the function below the decorators of a member, or what else it is."""
    function = member.__func__ if _is_static(member) or _is_of_class(member) else member
    # Decorators hide whether a function is a coroutine function, and its annotations' globals.
    return inspect.unwrap(function) if callable(function) else function


def _is_static(member: object) -> bool:
    return isinstance(member, staticmethod)


def _is_of_class(member: object) -> bool:
    return isinstance(member, classmethod)
