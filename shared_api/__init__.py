"""The reference contract: what the demo worker offers, and what the demo frontend calls."""

from shared_api.backend import BackendAPI, SystemInfo
from shared_api.errors import NotADirectory, NotAFile, NotFound, NotText
from shared_api.files import (
    Algorithm,
    Directory,
    Entry,
    File,
    FileChange,
    FilesAPI,
    Kind,
    Match,
    Other,
    Stat,
    Symlink,
)
from shared_api.frontend import FrontendAPI

__all__ = [
    "Algorithm",
    "BackendAPI",
    "Directory",
    "Entry",
    "File",
    "FileChange",
    "FilesAPI",
    "FrontendAPI",
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
