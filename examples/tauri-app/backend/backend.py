"""The worker: files block, so what reads them is a `def`, which runs in a thread."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from api import Change, FilesAPI, Hit, NoSuchFolder, PageAPI, Unreadable

from rpc_worker import Event, Progress, caller, current_call, in_thread, serve

BLOCK = 1 << 20
"""Bytes that are read between two reports of progress."""

LONGEST_TEXT = 1 << 20
"""Files beyond this many bytes are found by their names only."""

WATCHED = 20_000
"""How many files are looked at, each time."""

PATIENCE = 0.5
"""Seconds between two looks at a folder."""

SKIPPED = {"node_modules", "__pycache__", "target", "dist", "build"}
"""What tools write, and nobody searches. Hidden folders are left out as well."""


class Files(FilesAPI):
    """The files of a folder."""

    changed: Event[Change]

    @in_thread
    def open(self, folder: str) -> str:
        return str(existing(folder))

    @in_thread
    def search(self, folder: str, text: str) -> Iterator[Hit]:
        root, wanted = existing(folder), text.casefold()
        for path in files_in(root):
            hit = look_into(root, path, wanted)
            if hit:
                # The window that has seen enough leaves its loop, and this one ends here.
                yield hit

    @in_thread
    def checksum(self, folder: str, path: str, progress: Progress[float]) -> str:
        call, digest = current_call(), hashlib.sha256()
        try:
            with within(folder, path).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                while not call.cancelled and (block := file.read(BLOCK)):
                    digest.update(block)
                    progress.report(min(1.0, file.tell() / size))
        except OSError as error:
            raise Unreadable(path, reason(error)) from None
        return digest.hexdigest()

    async def delete(self, folder: str, path: str) -> bool:
        page = caller(PageAPI)
        if not await page.confirm(f"Delete {Path(path).name}?", "It is gone for good."):
            return False
        try:
            await asyncio.to_thread(within(folder, path).unlink)
        except OSError as error:
            raise Unreadable(path, reason(error)) from None
        return True

    async def watch(self, folder: str) -> None:
        root, session = existing(folder), current_call().session
        before = await asyncio.to_thread(snapshot, root)
        while True:
            await asyncio.sleep(PATIENCE)
            after = await asyncio.to_thread(snapshot, root)
            for change in changes(before, after):
                await self.changed.emit(change, to=session)
            before = after


def existing(folder: str) -> Path:
    """Returns the folder's whole path, if there is one."""
    try:
        path = Path(folder).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise NoSuchFolder(folder) from None
    if not folder or not path.is_dir():
        raise NoSuchFolder(folder)
    return path


def within(folder: str, path: str) -> Path:
    """Returns a file's whole path: whatever a page says, it is in that folder."""
    root = Path(folder).resolve()
    file = (root / path).resolve()
    if not file.is_relative_to(root):
        raise Unreadable(path, "It is outside of the folder")
    return file


def files_in(root: Path) -> Iterator[Path]:
    """Goes through a folder, and all in it, in the order of names."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in SKIPPED)
        yield from (Path(folder, name) for name in sorted(names) if name[0] != ".")


def look_into(root: Path, path: Path, wanted: str) -> Hit | None:
    """Looks for a text in a file's path, and then in its lines."""
    try:
        status = path.stat()
        name = path.relative_to(root).as_posix()
        name.encode()  # A name that is no text cannot be shown.
        hit = Hit(name, status.st_size, status.st_mtime)
        if wanted in name.casefold():
            return hit
        if status.st_size > LONGEST_TEXT:
            return None
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if (at := line.casefold().find(wanted)) >= 0:
                excerpt = line[max(0, at - 60) : at + 140].strip()
                return Hit(hit.path, hit.size, hit.modified, number, excerpt)
    except (OSError, ValueError):
        pass  # Gone meanwhile, or no text.
    return None


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Returns the size and the time of each file."""
    seen: dict[str, tuple[int, int]] = {}
    for path in files_in(root):
        try:
            status = path.stat()
        except OSError:
            continue
        name = path.relative_to(root).as_posix().encode(errors="replace").decode()
        seen[name] = (status.st_size, status.st_mtime_ns)
        if len(seen) == WATCHED:
            break
    return seen


def changes(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> Iterator[Change]:
    """Compares two looks at a folder."""
    for path in before.keys() - after.keys():
        yield Change(path, "deleted")
    for path, status in after.items():
        if path not in before:
            yield Change(path, "created")
        elif status != before[path]:
            yield Change(path, "changed")


def reason(error: OSError) -> str:
    """Says what went wrong, as a sentence."""
    return error.strerror or type(error).__name__


if __name__ == "__main__":
    serve(Files(), frontend=PageAPI)
