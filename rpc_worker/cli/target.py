"""`module:object` on the command line, and the object that it names."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from rpc_worker.arguments import described
from rpc_worker.cli.wording import UsageError, did_you_mean
from rpc_worker.importing import importing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import ModuleType

_FRONTEND: Final = "FrontendAPI"
"""Stands for the class in advice."""


def load(target: str, example: str, is_wanted: Callable[[object], bool]) -> object:
    """Import the module and return the object.

    Args:
        target: As it stands on the command line.
        example: The name that stands for the object in advice, such as `BackendAPI`.
        is_wanted: Tells whether an object is worth to be named in advice.

    Raises:
        UsageError: There is no such module or object, or the target is written wrongly.
        BaseException: Whatever the module raises while it is imported.
    """
    module_name, path = _split(target, example)
    found: object = _import(module_name, target)
    place = module_name
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            members = {n: getattr(found, n, None) for n in dir(found) if not n.startswith("_")}
            guess = did_you_mean(name, members)
            names = [n for n, member in members.items() if is_wanted(member)]
            names = names or [n for n, member in members.items() if is_class_of_user(member)]
            there = f" It has {_listing(names)}." if names and not guess else ""
            raise UsageError(
                f"{target}: {place} has no {name!r}. {guess}{there.strip()}".rstrip()
            ) from None
        place = f"{place}.{name}"
    return found


def import_module(target: str) -> bool:
    """Import what is written without an object, and tell whether it is a module.

    Raises:
        UsageError: There is no such module, and nothing else can be meant.
        BaseException: Whatever the module raises while it is imported.
    """
    if target.endswith(".py") or not all(part.isidentifier() for part in target.split(".")):
        return False
    try:
        _import(target, target)
    except UsageError:
        if "." in target:
            # It may be an object's name, written with a dot where a colon belongs.
            return False
        raise
    return True


def names_module_only(target: str, example: str) -> str:
    """Return what is wrong with a target that has no object, and what to write instead."""
    return (
        f"{target} names a module only; write the object behind a colon, as in "
        f"{target.rstrip(':') or 'module'}:{example}"
    )


def load_class(target: str, example: str = "BackendAPI") -> type[Any]:
    """Import the module and return the class.

    Raises:
        UsageError: As `load`, and where the object is no class.
        BaseException: Whatever the module raises while it is imported.
    """
    found = load(target, example, is_class_of_user)
    if isinstance(found, type):
        return found
    if _is_mount(found):
        raise UsageError(
            f"{target} is an app of functions that are mounted, and nothing says what they return: "
            "there is no client to generate. Call them by their names, channel.call(…), or write "
            "a class with those methods whose types you know, and name that"
        )
    module = target.partition(":")[0]
    is_of_user = is_class_of_user(type(found))
    advice = f"write {module}:{type(found).__name__}" if is_of_user else "name a class"
    raise UsageError(f"{target} is {described(found)}; a contract is a class: {advice}")


def load_frontend(target: str, beside: Collection[str]) -> type[Any]:
    """Import the module and return the class that `--frontend` names.

    Args:
        target: As it stands on the command line.
        beside: The targets of the worker's own contracts.

    Raises:
        UsageError: As `load_class`, and where it is one of those beside it.
        BaseException: Whatever the module raises while it is imported.
    """
    if target in beside:
        raise UsageError(
            f"--frontend {target} is what the worker offers; name the class of what the page "
            f"offers to it, such as {target.partition(':')[0]}:{_FRONTEND}"
        )
    try:
        return load_class(target, _FRONTEND)
    except UsageError as error:
        raise UsageError(f"--frontend {error}") from None


def is_class_of_user(found: object) -> bool:
    """Tell whether an object is a class that neither Python nor this package brings."""
    package = found.__module__.partition(".")[0] if isinstance(found, type) else "builtins"
    return package not in {*sys.stdlib_module_names, "msgspec", "rpc_worker"}


def _is_mount(found: object) -> bool:
    mounting: Any = sys.modules.get("rpc_worker.mounting")
    return mounting is not None and isinstance(found, mounting.Mount)


def _split(target: str, example: str) -> tuple[str, str]:
    module, colon, path = target.rpartition(":")
    if not colon:
        module, path = target, ""
    if "/" in module or "\\" in module or module.endswith(".py"):
        folder, name = _folder_and_module(module)
        what = "is a file" if os.path.exists(module) else "looks like a file, and is none"  # noqa: PTH110 - as below
        there = f"in {folder}, " if folder else ""
        raise UsageError(
            f"{target}: {module} {what}; name the module: {there}write {name}:{path or example}"
        )
    if not path:
        first, dot, last = module.rpartition(".")
        if dot and not colon:
            raise UsageError(
                f"{target}: between module and object stands a colon: write {first}:{last}"
            )
        raise UsageError(names_module_only(target, example))
    if not all(part.isidentifier() for part in [*module.split("."), *path.split(".")]):
        raise UsageError(f"{target}: write module:object, as in shared_api:{example}")
    return module, path


def _import(name: str, target: str) -> ModuleType:
    here = os.getcwd()  # noqa: PTH109 - pathlib is not imported until it is needed
    if sys.path[:1] != [here]:
        # As `python -m` and uvicorn do, whichever way the command was started.
        sys.path.insert(0, here)
    try:
        with importing(name):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # One that the module itself imports is another matter.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise UsageError(
            f"{target}: there is no module {error.name!r} in {here} or in the Python that runs "
            f"this ({sys.executable}). Run the command in the folder that has the module, or "
            "install it"
        ) from None


def _folder_and_module(file: str) -> tuple[str, str]:
    """Return the folder from which a file can be imported, "" for the current one, and how."""
    *parents, name = file.replace("\\", "/").removesuffix(".py").split("/")
    if name == "__init__" and parents:
        name = parents.pop()
    folder = "/".join(parents)
    if os.path.isabs(file) or ".." in parents:  # noqa: PTH117 - as below
        return folder or "/", name
    return "", ".".join(part for part in [*parents, name] if part.isidentifier()) or "module"


def _listing(names: list[str]) -> str:
    shown = names[:10]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
