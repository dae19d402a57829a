"""Whether a value of one type may stand where another is declared.

Only what a contract can hold is judged. Where a hint is not understood the answer is yes: a type
checker knows more, and what does not hold at run time is still found with each call.
"""

from __future__ import annotations

import collections.abc
import types
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin

from rpc_worker.progress import Progress
from rpc_worker.reading.aliases import UnusableAlias, resolve_aliases
from rpc_worker.reading.hints import is_union

__all__ = ["accepts"]


def accepts(wide: Any, narrow: Any) -> bool:
    """Return whether each value of type `narrow` may stand where `wide` is declared.

    What `Annotated` adds is not compared: it is the contract's that is held against values.
    """
    try:
        return _accepts(resolve_aliases(wide), resolve_aliases(narrow))
    except UnusableAlias:
        return True


def _accepts(wide: Any, narrow: Any) -> bool:
    wide, narrow = _bare(wide), _bare(narrow)
    if wide is Any or wide is object or narrow is Any or wide == narrow:
        return True
    if isinstance(wide, TypeVar) or isinstance(narrow, TypeVar):
        return True
    if is_union(get_origin(narrow)):
        return all(_accepts(wide, member) for member in get_args(narrow))
    if is_union(get_origin(wide)):
        return any(_accepts(member, narrow) for member in get_args(wide))
    if wide is None or narrow is None:
        return False
    if get_origin(narrow) is Literal:
        if get_origin(wide) is Literal:
            return set(get_args(narrow)) <= set(get_args(wide))
        return all(_accepts(wide, type(value)) for value in get_args(narrow))
    return get_origin(wide) is not Literal and _accepts_class(wide, narrow)


_PROMOTED: Final = {float: (int,), bytes: (bytearray, memoryview)}
"""What type checkers let pass for a class besides its subclasses."""


def _accepts_class(wide: Any, narrow: Any) -> bool:
    wide_class, narrow_class = get_origin(wide) or wide, get_origin(narrow) or narrow
    if not isinstance(wide_class, type) or not isinstance(narrow_class, type):
        return True
    try:
        related = issubclass(narrow_class, wide_class)
    except TypeError:  # A Protocol with members that are no methods.
        return True
    if not related and narrow_class not in _PROMOTED.get(wide_class, ()):
        return False
    return _accepts_items(wide_class, get_args(wide), narrow_class, get_args(narrow))


_INVARIANT: Final = frozenset(
    {list, dict, set, collections.abc.MutableSequence, collections.abc.MutableMapping}
)


_CALLABLE: Final[Any] = collections.abc.Callable
_OF_ONE: Final[dict[type, int]] = {
    collections.abc.AsyncIterable: 0,
    collections.abc.AsyncIterator: 0,
    collections.abc.AsyncGenerator: 0,
    collections.abc.Iterable: 0,
    collections.abc.Iterator: 0,
    collections.abc.Generator: 0,
    collections.abc.Awaitable: -1,
    collections.abc.Coroutine: -1,
    types.CoroutineType: -1,
}
"""Which argument counts of classes that have one, or more and the others do not matter here."""


def _accepts_items(
    wide_class: type, wide: tuple[Any, ...], narrow_class: type, narrow: tuple[Any, ...]
) -> bool:
    """Compare what two generic classes are of."""
    if not wide or not narrow:
        return True
    if wide_class is _CALLABLE:
        return _accepts_call(wide, narrow)
    if wide_class is Progress:
        # It is reported to: what is given must take whatever the function has.
        return _accepts(narrow[0], wide[0])
    if ... in wide or (narrow_class is tuple and wide_class is not tuple):
        return all(_accepts(wide[0], item) for item in narrow if item is not ...)
    if wide_class in _OF_ONE:
        return _accepts(wide[_OF_ONE[wide_class]], narrow[_OF_ONE.get(narrow_class, 0)])
    if len(wide) != len(narrow) or ... in narrow:
        return False
    pairs = list(zip(wide, narrow, strict=True))
    both_ways = wide_class not in _INVARIANT or all(_accepts(n, w) for w, n in pairs)
    return both_ways and all(_accepts(w, n) for w, n in pairs)


def _accepts_call(wide: tuple[Any, ...], narrow: tuple[Any, ...]) -> bool:
    given, taken = wide[0], narrow[0]
    if given is ... or taken is ...:
        return True
    if len(taken) != len(given):
        return False
    return all(map(_accepts, taken, given)) and _accepts(wide[-1], narrow[-1])


def _bare(hint: Any) -> Any:
    hint = hint.__origin__ if get_origin(hint) is Annotated else hint
    return None if hint is types.NoneType else hint
