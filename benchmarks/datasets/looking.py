"""Looks at files and folders; what can't be looked at is named in one sentence."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.datasets.interface import DatasetError

NOTHING_THERE = (FileNotFoundError, NotADirectoryError, ValueError)
"""What says that nothing is at a path; the last one is of a name with a NUL in it."""


class Unlisted(DatasetError):
    """A file or folder can't be looked at, or has a name that can't be used; names it."""


@contextmanager
def of_dataset(name: str) -> Iterator[None]:
    """Says of which dataset a file or folder is that can't be looked at.

    Raises:
        Unlisted: with the dataset's name.
    """
    try:
        yield
    except Unlisted as error:
        raise Unlisted(f"dataset {name}: {error}") from None


@contextmanager
def told_if_locked(path: Path) -> Iterator[None]:
    """Turns errors of the file system into one that names the path.

    Raises:
        Unlisted: for any of them.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        denied = isinstance(error, PermissionError)
        remedy = "Let the user who runs this read it" if denied else "Correct the path or the disk"
        raise Unlisted(f"can't look into {path}: {reason}. {remedy}.") from None


def present(path: Path) -> bool:
    """Whether there is a file or folder at a path.

    Raises:
        Unlisted: that can't be seen.
    """
    with told_if_locked(path):
        try:
            path.stat()
        except NOTHING_THERE:
            return False
    return True


def contents(folder: Path) -> Iterator[tuple[str, bool]]:
    """The name of each entry of a folder, and whether it is a folder; nothing if it isn't there.

    A link that leads nowhere, or to itself, counts as a file.

    Raises:
        Unlisted: the folder can't be read.
    """
    with told_if_locked(folder):
        try:
            entries = os.scandir(folder)
        except NOTHING_THERE:
            return
        with entries:
            for entry in entries:
                yield entry.name, is_folder(entry)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one; not if it is a link to itself."""
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise
