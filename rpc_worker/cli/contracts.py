"""The contracts that a command line names, read; or what is wrong with them."""

from __future__ import annotations

import sysconfig
import traceback
from typing import TYPE_CHECKING, Final

from rpc_worker.cli.target import load_class, load_frontend
from rpc_worker.cli.wording import UsageError
from rpc_worker.contract import read_contract
from rpc_worker.errors import ContractError
from rpc_worker.fatal import StartError, frames_of_user

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpc_worker.contract import Contract
    from rpc_worker.errors import Misfit

__all__ = ["ImportingError", "read_contracts"]


_ADVICE: Final = {
    "PydanticSchemaGenerationError": (
        "A model holds what Pydantic knows: write a BaseModel in a Struct's place, and str in "
        "BigInt's."
    ),
}
"""What to write instead, where who raised it does not know of us."""

_INSTALLED: Final = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


class ImportingError(Exception):
    """A module of the user's raised while it was imported."""


def read_contracts(
    targets: Sequence[str], frontend: str | None, *, sources: bool = False
) -> tuple[dict[str, Contract], Contract | None]:
    """Return the contracts by what they are called on the command line, and the page's.

    Args:
        targets: What the worker offers, each as `module:Contract`.
        frontend: What the page offers, if it offers anything.
        sources: As `read_contract` has it.

    Raises:
        UsageError: There is no such class.
        ImportingError: Its module cannot be imported.
        ContractError: With the misfits of all of them.
    """
    classes = {target: _import(target, load_class) for target in targets}
    if frontend is not None:
        classes[frontend] = _import(frontend, lambda target: load_frontend(target, targets))
    contracts: dict[str, Contract] = {}
    misfits: list[Misfit] = []
    for target, cls in classes.items():
        try:
            contracts[target] = read_contract(cls, frontend=target == frontend, sources=sources)
        except ContractError as error:
            misfits += error.misfits
    if misfits:
        raise ContractError(misfits)
    return contracts, None if frontend is None else contracts.pop(frontend)


def _import(target: str, load: Callable[[str], type]) -> type:
    try:
        return load(target)
    except (UsageError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit in a module is one too
        module = target.partition(":")[0]
        kind = type(error).__name__
        reason = str(error) if isinstance(error, StartError) else f"{kind}: {error}"
        advice = f"\n  {_ADVICE[kind]}" if kind in _ADVICE else ""
        raise ImportingError(
            f"{module} cannot be imported: {reason}\n  {_place(error)}{advice}"
        ) from None


def _place(error: BaseException) -> str:
    """Return where in the user's code an import failed."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = frames_of_user(traceback.extract_tb(error.__traceback__))
    found = [f for f in frames if not f.filename.startswith("<")]
    own = [f for f in found if not f.filename.startswith(_INSTALLED)]
    last = (own or found)[-1]
    return f"{last.filename}, line {last.lineno}: {last.line}"
