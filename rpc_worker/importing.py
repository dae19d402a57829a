"""Which module a command imports just now: if that calls `serve`, it cannot mean it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["importing", "module_being_imported"]

_module: str | None = None


@contextmanager
def importing(module: str) -> Generator[None]:
    """Remember that a command imports the module, as long as it does."""
    global _module  # noqa: PLW0603 - a command imports one module at a time
    _module = module
    try:
        yield
    finally:
        _module = None


def module_being_imported() -> str | None:
    """Return the module's name; None if no command is importing one."""
    return _module
