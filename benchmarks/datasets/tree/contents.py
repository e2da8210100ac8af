"""Lists one folder, and says what changes when its entries do."""

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.datasets.looking import NOTHING_THERE, Unlisted, is_folder, told_if_locked
from benchmarks.datasets.texts import CONTROL
from benchmarks.datasets.tree.endings import OFFICIAL_SUFFIXES, OTHER_SUFFIXES, suffix_of
from benchmarks.quoting import quoted

SETTLED = 60 * 10**9
"""Nanoseconds since a folder's last change after which its listing is remembered. A later change
may come within the same tick of the file system's clock, and that clock may be a server's, which is
behind this machine's."""

# What operating systems and tools leave behind; names in lower case.
_LITTER = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"))
_LITTER_FOLDERS = frozenset(
    ("__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information", "lost+found")
)

_IMAGES = OFFICIAL_SUFFIXES | OTHER_SUFFIXES


class Contents(NamedTuple):
    """Names in a folder, without hidden ones and litter, sorted.

    Attributes:
        files: a link that leads nowhere counts as one: its image is then missing by name.
        folders: and links to folders.
    """

    files: list[str]
    folders: list[str]


class Scan(NamedTuple):
    """What was found in a folder.

    Attributes:
        contents: its entries.
        lasting: whether they stay as they are for as long as its `stamp_of` does.
    """

    contents: Contents
    lasting: bool


def stamp_of(folder: str) -> str | None:
    """What changes whenever an entry of a folder comes, goes or is renamed; None without a folder.

    Users may set the time of contents, not that of the change; a folder that was put in this
    one's place has another number.

    Raises:
        Unlisted: it can't be looked at.
    """
    with told_if_locked(Path(folder)):
        try:
            found = os.stat(folder)  # noqa: PTH116  (half the time of a Path's)
        except NOTHING_THERE:
            return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    return f"{found.st_dev} {found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns}"


def scan(folder: str, stamp: str) -> Scan:
    """Lists a folder that has a stamp.

    Raises:
        Unlisted: it can't be read, or the name of an image or folder is not in UTF-8.
    """
    found: tuple[list[str], list[str]] = ([], [])
    links, now = False, time.time_ns()
    with told_if_locked(Path(folder)), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            link = entry.is_symlink()
            links = links or link  # where it leads may change by itself
            inner = is_folder(entry) if link else entry.is_dir()
            if name[0] == "." or name.lower() in (_LITTER_FOLDERS if inner else _LITTER):
                continue
            if not name.isprintable() and (inner or suffix_of(name) in _IMAGES):
                _check_name(folder, name, inner=inner)
            if inner or link or entry.is_file():  # reading a pipe would never end
                found[inner].append(name)
    contents = Contents(sorted(found[0]), sorted(found[1]))
    return Scan(contents, not links and _is_settled(stamp, now) and stamp_of(folder) == stamp)


def _is_settled(stamp: str, now: int) -> bool:
    """Whether later changes give another stamp. A time of contents in the future was set by a user,
    a time of change by a clock that is ahead."""
    *_, modified, changed = map(int, stamp.split())
    return changed <= now - SETTLED and not now - SETTLED < modified <= now


def _check_name(folder: str, name: str, *, inner: bool) -> None:
    """Refuses names that can't be in keys and prompts: not in UTF-8, or of a class in two lines."""
    try:
        name.encode()
        reason = "has a line end or the like" if inner and CONTROL.search(name) else ""
    except UnicodeEncodeError:
        reason = "is not in UTF-8"
    if reason:
        raise Unlisted(f"in {folder}, the name {quoted(name)} {reason}. Rename it.")
