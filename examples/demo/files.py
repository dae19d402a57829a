"""The demo's files: `FilesAPI` over the real file system.

The file system blocks, so most of this is a `def`, and runs in a thread.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator  # noqa: TC003 - as below
from itertools import islice
from logging import getLogger
from pathlib import Path
from typing import Final

import anyio
from disk import (
    count_entries,
    errors_of,
    kind_of,
    matches,
    printable,
    regular_file,
    sources,
    text_decoder,
)

# `serve` reads the annotations: what they name must be there when the worker runs.
from rpc_worker import Event, Progress, caller, current_call, in_thread
from shared_api import (
    Algorithm,
    Directory,
    Entry,
    File,
    FileChange,
    FilesAPI,
    FrontendAPI,
    Kind,
    Match,
    NotText,
    Other,
    Stat,
    Symlink,
)

BLOCK: Final = 1 << 20
"""Bytes that are read between two reports of progress."""

PATIENCE: Final = 0.2
"""Seconds between two looks at a file that grows."""

logger = getLogger("files")


class Files(FilesAPI):
    """The files of this computer."""

    changed: Event[FileChange]

    @in_thread
    def stat(self, path: str) -> Stat:
        with errors_of(path):
            absolute = Path(path).absolute()
            found = absolute.lstat()
            where, modified = str(absolute), found.st_mtime
            match kind_of(found):
                case Kind.FILE:
                    executable = os.access(absolute, os.X_OK)
                    return File(where, found.st_size, modified, executable)
                case Kind.DIRECTORY:
                    return Directory(where, modified, count_entries(absolute))
                case Kind.SYMLINK:
                    return Symlink(where, modified, str(absolute.readlink()))
                case Kind.OTHER:
                    return Other(where, modified)

    @in_thread
    def read_text(self, path: str, *, encoding: str = "utf-8", max_bytes: int = 1_048_576) -> str:
        decoder = text_decoder(encoding)
        with errors_of(path), regular_file(path).open("rb") as file:
            data = file.read(max(0, max_bytes))
            whole = not file.read(1)
        try:
            # What is cut off in the middle of a character is no mistake in the text.
            text = decoder.decode(data, final=whole)
        except UnicodeDecodeError as error:
            raise NotText(path, encoding, error.start) from None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @in_thread
    def search(
        self,
        root: str,
        query: str,
        *,
        glob: str = "*",
        limit: int = 100,
        case_sensitive: bool = False,
    ) -> Iterator[Match]:
        with errors_of(root):
            os.scandir(root).close()
        pattern = re.compile(re.escape(query), re.NOFLAG if case_sensitive else re.IGNORECASE)
        found = (
            match
            for path in sources(Path(root), glob)
            for match in matches(path, path.relative_to(root).as_posix(), pattern)
        )
        number = 0
        try:
            for match in islice(found, max(0, limit)):
                number += 1
                yield match
        finally:
            # Also when the window has seen enough, and leaves its loop.
            logger.info("search closed after %d matches", number)

    @in_thread
    def count(self, root: str, found: Callable[[str], None]) -> int:
        with errors_of(root):
            os.scandir(root).close()
        number = 0
        for folder, _folders, names in os.walk(root):
            found(printable(folder))
            number += len(names)
        return number

    @in_thread
    def checksum(
        self, path: str, progress: Progress[float], *, algorithm: Algorithm = "sha256"
    ) -> str:
        call, digest = current_call(), hashlib.new(algorithm)
        with errors_of(path), regular_file(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            while block := file.read(BLOCK):
                if call.cancelled:
                    # A thread cannot be stopped from outside. Nobody waits for what it returns.
                    logger.info("checksum cancelled after %d MiB", (file.tell() - 1) >> 20)
                    break
                digest.update(block)
                progress.report(min(1.0, file.tell() / max(1, size)))
        return digest.hexdigest()

    async def tail(self, path: str, *, lines: int = 10) -> AsyncIterator[str]:
        with errors_of(path):
            file = await anyio.open_file(
                await anyio.to_thread.run_sync(regular_file, path), errors="replace"
            )
        async with file:
            for line in deque([line async for line in file], max(0, lines)):
                yield line.rstrip("\n")
            while True:
                # A line without its end is still being written.
                begin = await file.tell()
                line = await file.readline()
                if line.endswith("\n"):
                    yield line.rstrip("\n")
                else:
                    await file.seek(begin)
                    await anyio.sleep(PATIENCE)

    async def delete_all(self, paths: list[str], ask: Callable[[str], Awaitable[bool]]) -> int:
        deleted = 0
        for path in paths:
            if await ask(path):
                await self._delete(path)
                deleted += 1
        return deleted

    async def delete_picked(self) -> int:
        window = caller(FrontendAPI)
        paths = [path async for path in window.pick("Which files are to be deleted?")]
        if not paths or not await window.confirm(f"Delete {len(paths)} files?"):
            return 0
        for path in paths:
            await self._delete(path)
        return len(paths)

    async def _delete(self, path: str) -> None:
        with errors_of(path):
            file = await anyio.to_thread.run_sync(regular_file, path)
            await anyio.to_thread.run_sync(file.unlink)
        await self.changed.emit(FileChange(path, "deleted"))

    # As in the contract, the last one: from here on `list` would mean this method.
    @in_thread
    def list(self, path: str, *, hidden: bool = False) -> list[Entry]:
        entries: list[Entry] = []
        with errors_of(path), os.scandir(path) as found:
            for item in found:
                if item.name.startswith(".") and not hidden:
                    continue
                try:
                    status = item.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # Gone since the directory was read.
                kind = kind_of(status)
                size = status.st_size if kind is Kind.FILE else 0
                entries.append(
                    Entry(printable(item.name), printable(item.path), kind, size, status.st_mtime)
                )
        return sorted(entries, key=lambda e: (e.kind is not Kind.DIRECTORY, e.name.casefold()))
