"""Functions that come from elsewhere, served beside what a contract promises, or alone.

From here on they are methods as all others are. What kind of functions they were is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from rpc_worker.contract import Contract, Namespace
from rpc_worker.errors import ContractError, Misfit
from rpc_worker.fatal import StartError
from rpc_worker.fit import Bindings, offered
from rpc_worker.schema import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from rpc_worker.fit import Bound

__all__ = ["Mount", "offer"]

_RESERVED = ("rpc.", "system.", "$/")
"""What the names of the protocol's own methods start with (protocol, section 2)."""


class Mount:
    """What is served in an implementation's place: functions that no contract promises.

    Attributes:
        name: The worker's name for people, where no contract has one.
        beside: An implementation that is served as well; None if there is none.
    """

    name: str
    beside: object | None

    def bound(self) -> Mapping[str, Bound]:
        """Return the functions by their names on the wire.

        Raises:
            ContractError: With all of them that cannot be served.
        """
        raise NotImplementedError


def offer(implementation: object, contract: type[Any] | None = None) -> tuple[Contract, Bindings]:
    """Return the same as `fit.offered`, of an implementation that may be a `Mount`.

    A mounted function is none of the contract's own: the digest leaves it out, so that a client
    that was generated from the contract still fits.

    Args:
        implementation: An object, or a `Mount`, perhaps with an object beside it.
        contract: The typed class that the object implements.

    Raises:
        ContractError: With everything that does not fit.
        StartError: They are not what can be served at all.
    """
    if not isinstance(implementation, Mount):
        return offered(implementation, contract)
    if implementation.beside is None:
        if contract is not None:
            what = type(implementation).__name__
            raise StartError(
                f"{contract.__name__} is a contract, and nothing is served that could implement "
                f"it; write {what}(Backend(), …), or leave the contract out"
            )
        promised, bindings = _nothing(implementation.name), Bindings({}, {})
    else:
        promised, bindings = offered(implementation.beside, contract)
    bound = implementation.bound()
    misfits = [misfit for name in bound for misfit in _clashes(name, promised)]
    if misfits:
        raise ContractError(misfits)
    methods = {name: one.method for name, one in bound.items()}
    return (
        replace(promised, methods=promised.methods | methods),
        Bindings({**bindings.methods, **bound}, bindings.events),
    )


def _nothing(name: str) -> Contract:
    """Return a contract that promises nothing."""
    from rpc_worker.reading.digest import digest_of  # noqa: PLC0415 - it imports `contract`

    source = Source(name, 0)
    root = Namespace(wire="", name="", doc="", methods=(), namespaces=(), source=source)
    return Contract(
        name=name, doc="", root=root, methods={}, digest=digest_of((), ()), source=source
    )


def _clashes(name: str, promised: Contract) -> Iterator[Misfit]:
    """Return why a function cannot be served under its name."""
    advice = "Give one of them another name."
    if name.startswith(_RESERVED):
        reserved = next(start for start in _RESERVED if name.startswith(start))
        what = f"names that start with {reserved} are reserved on the wire"
        yield Misfit(f"the mounted function {name!r}", what, "Give it another name.")
    elif name in promised.methods or name in promised.events:
        kind = "a method" if name in promised.methods else "an event"
        what = f"{promised.name} has {kind} of that name, which stands for one thing on the wire"
        yield Misfit(f"the mounted function {name!r}", what, advice)
