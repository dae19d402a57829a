"""`rpc-worker generate --watch`: generates, and again whenever a source of the contract changes.

Each time a fresh interpreter reads the contract, and tells which files it has read. Their folders
are watched, and nothing below them. A folder is watched before what is in it is read, so that no
change can fall between the two: one that turns out to be read is watched, and read again.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.cli.fresh import NoAnswerError, call
from rpc_worker.cli.generate import Outcome, complain, produce
from rpc_worker.cli.reading import SourcesRead
from rpc_worker.cli.wording import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from watchfiles.main import FileChange

__all__ = ["generate_once", "watch"]

_PAUSE: Final = 50
"""Milliseconds without a change, after which those before are one; looks at signals are as far
apart."""

_MISUSED: Final = 2
"""The exit code of a wrong command line."""

_SHOWN: Final = 3
"""How many of the files that have changed are named."""


class _Run(msgspec.Struct):
    """What one process has come to.

    Attributes:
        outcome: As the whole command would end: with 2 if the command line is wrong.
        files: The user's that were read, as far as that went.
    """

    outcome: Outcome
    files: list[str]


def watch(options: argparse.Namespace) -> int:
    """Generate until Ctrl-C or SIGTERM; return the exit code.

    Raises:
        UsageError: The command line is wrong, or there is nothing to watch with.
    """
    if options.check:
        raise UsageError("--watch writes what differs, and --check writes nothing: leave out one")
    if find_spec("watchfiles") is None:
        raise UsageError(
            "--watch needs watchfiles, which is not installed. Write: pip install "
            '"rpc-worker[watch]"'
        )
    # A shell's `… --watch & vite` has it ignore Ctrl-C, and would leave it behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        _Watch(options).run()
    return 0


class _Watch:
    """One command that watches."""

    def __init__(self, options: argparse.Namespace) -> None:
        names = ("contracts", "frontend", "out", "io", "check")
        self._options = {name: getattr(options, name) for name in names}
        self._folders = {Path.cwd().resolve()}
        self._appeared: set[Path] = set()
        self._files: set[Path] = set()
        self._failed = False
        self._complaints: list[str] = []

    def run(self) -> None:
        """Generate, wait for a change, and so on. Only a signal ends it.

        Raises:
            UsageError: The command line is wrong from the beginning.
        """
        feed, changed = _changes(self._folders), ""
        run = self._generate()
        if run.outcome.code == _MISUSED:
            raise UsageError(run.outcome.complaints[0])
        self._tell(run, changed)
        while True:
            # Those that are watched from now on may have changed since they were read.
            while self._appeared or self._folders != self._wanted():
                self._folders = self._wanted()
                self._appeared.clear()
                feed.close()
                feed = _changes(self._folders)
                self._tell_news(self._generate(), changed)
            if not changed:
                targets = ", ".join(self._options["contracts"])
                _say(f"watching the sources of {targets}; Ctrl-C ends it")
            changed = self._wait(feed)
            self._tell(self._generate(), changed)

    def _generate(self) -> _Run:
        try:
            run = msgspec.convert(call(f"{__name__}:generate_once", self._options), _Run)
        except NoAnswerError as error:
            run = _Run(Outcome(1, complaints=[str(error)]), [])
        self._failed = run.outcome.code != 0
        read = {Path(name) for name in run.files}
        # What mends it may be a file that could not be read any more.
        self._files = self._files | read if self._failed else read
        return run

    def _tell(self, run: _Run, changed: str) -> None:
        outcome = run.outcome
        if self._failed or outcome.complaints != self._complaints:
            complain(outcome.complaints)
        self._complaints = outcome.complaints
        if not changed:
            for line in outcome.lines():
                _say(line)
        elif outcome.code == 0:
            done = [f"wrote {', '.join(outcome.wrote)}"] * bool(outcome.wrote)
            done += [f"removed {', '.join(outcome.removed)}"] * bool(outcome.removed)
            _say(f"{changed} changed: {', '.join(done or outcome.lines())}")

    def _tell_news(self, run: _Run, changed: str) -> None:
        """Tell of a run that nobody has asked for, if it has come to anything else."""
        outcome = run.outcome
        if outcome.wrote or outcome.removed or outcome.complaints != self._complaints:
            self._tell(run, changed)

    def _wanted(self) -> set[Path]:
        """Return the folders to be watched, of those that exist."""
        wanted = self._folders | self._appeared | {file.parent for file in self._files}
        return {folder for folder in wanted if folder.is_dir()}

    def _wait(self, feed: Iterable[set[FileChange]]) -> str:
        """Return the names of the files that have changed, when some have."""
        for changes in feed:
            found = sorted({path for _, path in changes if self._is_source(Path(path))})
            if found:
                names = [_name(path) for path in found[:_SHOWN]]
                return ", ".join([*names, "…"] if len(found) > _SHOWN else names)
        raise KeyboardInterrupt  # The feed ends with a signal, and with nothing else.

    def _is_source(self, path: Path) -> bool:
        if path.resolve() in self._files:
            return True
        if not self._failed or path.name.startswith((".", "__pycache__")):
            return False
        # Whatever is new may be what is missing, and in a folder that is new as well.
        if path.is_dir():
            self._appeared.add(path.resolve())
        return path.is_dir() or path.suffix == ".py"


def _changes(folders: Iterable[Path]) -> Generator[set[FileChange]]:
    """Return what changes in these folders from now on."""
    from watchfiles import watch as changes_in  # noqa: PLC0415 - it is an extra

    feed = changes_in(
        *folders,
        watch_filter=None,
        step=_PAUSE,
        rust_timeout=_PAUSE,
        yield_on_timeout=True,
        recursive=False,
    )
    next(feed)  # It watches from here on, and no sooner.
    return feed


def _name(path: str) -> str:
    """Return how a file is called from here."""
    found = Path(path)
    here = Path.cwd().resolve()
    return (found.relative_to(here) if found.is_relative_to(here) else found).as_posix()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def generate_once(options: dict[str, Any]) -> _Run:
    """Generate, in a process of its own."""
    sources = SourcesRead()
    try:
        outcome = produce(argparse.Namespace(**options))
    except UsageError as error:
        outcome = Outcome(_MISUSED, complaints=[str(error)])
    return _Run(outcome, [str(file) for file in sources.files()])
