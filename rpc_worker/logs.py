"""Log records, and text that strayed to stdout, on their way to who asked for them.

Imported when the first session asks (protocol, section 8). It changes nothing for the handlers that
the user has configured, and nothing of what goes to stderr. What cannot be sent is dropped and
counted: whoever logs, in whatever thread, never waits. Nothing here knows sessions or lines.
"""

from __future__ import annotations

import logging
import os
import threading
from bisect import bisect_right
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET, UnsetType

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from rpc_worker.interfaces import LogOutput

__all__ = ["LEVELS", "LogFeed"]

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "notice": 25,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "alert": 60,
    "emergency": 70,
}
"""The levels of RFC 5424, by the numbers of Python's logging; three of them it has no name for."""

WAITING: Final = 1000
"""Records that wait for the loop. One that blocks for longer loses the rest, and says how many."""

LONGEST: Final = 64 * 1024
"""Characters of one message. A log is read by people, and shares the pipe with the answers."""

_NAMES: Final = (*LEVELS,)
_NUMBERS: Final = (*LEVELS.values(),)


class _Record(msgspec.Struct):
    level: str
    logger: str
    message: str
    stream: str | UnsetType = UNSET


class LogFeed:
    """Sends what is logged while somebody asks for it.

    Args:
        output: Where records are written, on the loop.
        loop: The loop that writes them.
        divert: Called with what takes each line of text that strays to stdout, and with None when
            nobody asks for it any more.
    """

    def __init__(
        self,
        output: LogOutput,
        loop: asyncio.AbstractEventLoop,
        divert: Callable[[Callable[[str], None] | None], None],
    ) -> None:
        self._output = output
        self._loop = loop
        self._divert = divert
        self._level = 0
        self._diverted = False
        self._handler = _Handler(self._take)
        self._waiting: deque[_Record] = deque()
        self._woken = False
        self._dropped = 0

    def ask(self, level: int) -> None:
        """Send what is logged at this level or above from now on; nothing if it is 0."""
        self._level = level
        self._handler.remove()
        if level:
            self._handler.install(level)
        diverted = 0 < level <= logging.INFO
        if diverted != self._diverted:
            self._diverted = diverted
            self._divert(self._stray if diverted else None)

    def flush(self) -> None:
        """Write what waits, if the host takes it. Called on the loop, also when it does again."""
        self._woken = False
        records = self._waiting
        if not self._level:
            self._dropped = 0
            records.clear()
            return
        if not self._output.has_room:
            self._dropped += len(records)
            records.clear()
            return
        while records:
            self._write(records.popleft())
        if dropped := self._dropped:
            self._dropped = 0
            text = f"{dropped} log records were dropped: more came than were taken"
            self._write(_Record("warning", __name__, text))

    def _write(self, record: _Record) -> None:
        self._output.write_log(msgspec.json.encode(record))

    def _take(self, record: _Record) -> None:
        """Have a record written soon. In any thread."""
        if len(self._waiting) >= WAITING:
            self._dropped += 1
        else:
            self._waiting.append(record)
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # The loop is closed: the worker is at its very end.
                self._loop.call_soon_threadsafe(self.flush)

    def _stray(self, line: str) -> None:
        self._take(_Record("info", "stdout", _sendable(line), "stdout"))


class _Handler(logging.Handler):
    """Stands on the root logger, as if it did not stand there for all the others."""

    def __init__(self, take: Callable[[_Record], None]) -> None:
        super().__init__()
        self._take = take
        self._process = os.getpid()
        self._formatter = logging.Formatter()
        self._within = threading.local()
        self._others = _AsBefore(logging.NOTSET)

    def install(self, level: int) -> None:
        """See records of a level, also if the root logger's own is higher."""
        root = logging.getLogger()
        self.setLevel(level)
        self._others = _AsBefore(root.level)
        if level < root.level:
            for handler in _all_handlers():
                handler.addFilter(self._others)
            root.setLevel(level)
        root.addHandler(self)

    def remove(self) -> None:
        """Leave the root logger as it was found, but for what somebody else has changed since."""
        root = logging.getLogger()
        root.removeHandler(self)
        for handler in _all_handlers():
            handler.removeFilter(self._others)
        if root.level == self.level and self.level < self._others.level:
            root.setLevel(self._others.level)
        self.setLevel(logging.NOTSET)
        self._others = _AsBefore(logging.NOTSET)

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record; not under the handler's lock, in which one thread could hold up all."""
        if not _is_handled(record, self) and self._others.filter(record):
            _handle_at_last(record)
        if getattr(self._within, "handler", False) or os.getpid() != self._process:
            return True  # Logged by what a record shows of itself; or in a forked child.
        self._within.handler = True
        try:
            self._take(_Record(_name(record.levelno), _sendable(record.name), self._text(record)))
        finally:
            self._within.handler = False
        return True

    def _text(self, record: logging.LogRecord) -> str:
        try:
            return _sendable(self._formatter.format(record))
        except Exception as error:  # noqa: BLE001 - what is logged may raise anything when shown
            return f"a record that cannot be shown: {type(error).__name__}, in {record.pathname}"


class _AsBefore(logging.Filter):
    """Keeps from a handler what the root logger's level kept from it before it was lowered."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record would have been made at all."""
        return record.levelno >= self.level or any(
            logger.level for logger in _chain(record.name) if logger.parent is not None
        )


def _chain(name: str) -> Iterator[logging.Logger]:
    """Walk from the logger of a name, if there is one, to the root."""
    root = logging.getLogger()
    found = root.manager.loggerDict.get(name)
    logger: logging.Logger | None = found if isinstance(found, logging.Logger) else root
    while logger is not None:
        yield logger
        logger = logger.parent


def _is_handled(record: logging.LogRecord, ours: logging.Handler) -> bool:
    """Tell whether a record reaches any other handler."""
    for logger in _chain(record.name):
        if any(handler is not ours for handler in logger.handlers):
            return True
        if not logger.propagate:
            break
    return False


def _handle_at_last(record: logging.LogRecord) -> None:
    """Do what logging does with a record that has no handler: warnings go to stderr."""
    last = logging.lastResort
    if last is not None and record.levelno >= last.level:
        last.handle(record)


def _all_handlers() -> set[logging.Handler]:
    root = logging.getLogger()
    loggers = [*root.manager.loggerDict.values()]
    handlers = {
        h for logger in loggers if isinstance(logger, logging.Logger) for h in logger.handlers
    }
    return handlers | {*root.handlers}


def _name(number: int) -> str:
    return _NAMES[max(bisect_right(_NUMBERS, number) - 1, 0)]


def _sendable(text: str) -> str:
    """Shorten a text, and replace what UTF-8 cannot hold."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text)} characters)"
    return text.encode("utf-8", "replace").decode()
