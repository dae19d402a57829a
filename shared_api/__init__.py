"""The reference contract: what the demo worker offers, and what the demo frontend calls."""

from shared_api.backend import BackendAPI, SystemInfo
from shared_api.errors import NotADirectory, NotAFile, NotFound, NotText
from shared_api.files import (
    Directory,
    Entry,
    File,
    FilesAPI,
    Kind,
    Match,
    Other,
    Stat,
    Symlink,
)

__all__ = [
    "BackendAPI",
    "Directory",
    "Entry",
    "File",
    "FilesAPI",
    "Kind",
    "Match",
    "NotADirectory",
    "NotAFile",
    "NotFound",
    "NotText",
    "Other",
    "Stat",
    "Symlink",
    "SystemInfo",
]
