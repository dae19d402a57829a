"""`module:object` on the command line, and the object that it names."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from rpc_worker.cli.wording import UsageError, did_you_mean

if TYPE_CHECKING:
    from types import ModuleType


def load(target: str, example: str) -> object:
    """Import the module and return the object.

    Args:
        target: As it stands on the command line.
        example: The name that stands for the object in advice, such as `BackendAPI`.

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
            names = [n for n in dir(found) if not n.startswith("_")]
            guess = did_you_mean(name, names)
            there = f" It has {_listing(names)}." if names and not guess else ""
            raise UsageError(
                f"{target}: {place} has no {name!r}. {guess}{there.strip()}".rstrip()
            ) from None
        place = f"{place}.{name}"
    return found


def load_class(target: str) -> type[Any]:
    """Import the module and return the class.

    Raises:
        UsageError: As `load`, and where the object is no class.
        BaseException: Whatever the module raises while it is imported.
    """
    found = load(target, "BackendAPI")
    if isinstance(found, type):
        return found
    what = "a function" if callable(found) else f"an object of the class {type(found).__name__}"
    module = target.partition(":")[0]
    advice = f"write {module}:{type(found).__name__}" if not callable(found) else "name a class"
    raise UsageError(f"{target} is {what}; a contract is a class: {advice}")


def _split(target: str, example: str) -> tuple[str, str]:
    module, colon, path = target.rpartition(":")
    if not colon:
        module, path = target, ""
    if "/" in module or "\\" in module or module.endswith(".py"):
        wanted = f"{_module_of(module)}:{path or example}"
        raise UsageError(f"{target}: {module} is a file; name the module: write {wanted}")
    if not path:
        first, dot, last = module.rpartition(".")
        if dot and not colon:
            raise UsageError(
                f"{target}: between module and object stands a colon: write {first}:{last}"
            )
        raise UsageError(
            f"{target} names a module only; write the object behind a colon, as in "
            f"{module or 'module'}:{example}"
        )
    if not all(part.isidentifier() for part in [*module.split("."), *path.split(".")]):
        raise UsageError(f"{target}: write module:object, as in shared_api:{example}")
    return module, path


def _import(name: str, target: str) -> ModuleType:
    here = os.getcwd()  # noqa: PTH109 - pathlib is not imported until it is needed
    if sys.path[:1] != [here]:
        # As `python -m` and uvicorn do, whichever way the command was started.
        sys.path.insert(0, here)
    try:
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


def _module_of(file: str) -> str:
    parts = file.replace("\\", "/").removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    names = [part for part in parts if part.isidentifier()]
    return ".".join(names) or "module"


def _listing(names: list[str]) -> str:
    shown = names[:10]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
