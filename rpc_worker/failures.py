"""What is told and what is logged of an exception that has left a handler, or a stream's iterator.

Who is told, and when, is not known here.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from rpc_worker.dispatch import error_object
from rpc_worker.errors import ErrorCode, RemoteError, SessionEnded, text_of
from rpc_worker.messages import NULL, ErrorObject, error_line

if TYPE_CHECKING:
    from rpc_worker.sessions import Session

__all__ = ["log", "must_be_mended", "told"]

_logger: Final = logging.getLogger("rpc_worker")

_MENDED_HERE: Final = frozenset({ErrorCode.INTERNAL_ERROR, ErrorCode.UNENCODABLE_RESULT})


def told(error: BaseException, *, debug: bool) -> ErrorObject:
    """Return what the caller is told; it has been seen to be encodable."""
    try:
        found = error_object(error, debug=debug)
        error_line(NULL, found)
    except BaseException as reason:  # noqa: BLE001 - the data's own methods may raise anything
        what = f"telling of {type(error).__name__} raised {type(reason).__name__}"
        return ErrorObject(ErrorCode.INTERNAL_ERROR, f"Internal error: {what}")
    return found


def must_be_mended(found: ErrorObject) -> bool:
    """Whether it is the author of the worker who must mend what this tells of, not the caller."""
    return found.code in _MENDED_HERE


def log(what: str, error: BaseException, session: Session | None) -> None:
    """Log an exception, as far as it is worth it.

    Args:
        what: What it has left.
        error: It.
        session: Whose call it was.
    """
    # An exception may itself raise while it is formatted, and anything at all.
    with suppress(BaseException):
        kind = type(error).__name__
        gone = session is not None and (session.ended or session.silent)
        if gone and _is_only_of_the_end(error):
            _logger.debug("%s was left by %s", what, kind)
        elif isinstance(error, RemoteError):
            method, code = error.method, int(error.code)
            _logger.error("%s raised %s: %s: %d %s", what, kind, method, code, text_of(error))
        else:
            _logger.error("%s raised %s", what, kind, exc_info=error)


def _is_only_of_the_end(error: BaseException) -> bool:
    """Whether it says nothing but that the client has gone, as a group of such does."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return all(map(_is_only_of_the_end, group.exceptions))
    return isinstance(error, SessionEnded)
