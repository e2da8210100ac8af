"""SHA-256 of files, each read once and then remembered by path, size, times and inode."""

import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from benchmarks.local_cache import in_cache

MISSING = "missing"
"""In place of a size or hash: there is no such file."""

UNREADABLE = "unreadable"
"""In place of a hash: the file is there, and can't be read."""

SETTLED = 2 * 10**9
"""Nanoseconds since a file's last change after which it is remembered. A later change may come
within the same tick of the file system's clock, of up to two seconds, and leave size and times."""

_THREADS = 8
_TOGETHER = 64  # files of one call in a thread: a call costs as much as a small file
_PAGE = 500  # paths of one look-up
_SMALL = 1 << 20
_SAVED = 4096  # hashes that are stored at once, so that an interrupted plan keeps the others


class FileState(NamedTuple):
    """What changes when another file, or other contents, come to stand at a path.

    Attributes:
        path: absolute.
        size: in bytes.
        modified: nanoseconds of the last change of contents, which users may set.
        changed: nanoseconds of the last change of contents or name.
        inode: the file's number. Two files that were written within a tick of the clock may have
            equal times; then this alone tells them apart when folders or links are switched.
    """

    path: bytes
    size: int
    modified: int
    changed: int
    inode: int

    @property
    def stamp(self) -> str:
        """All but the path; as text, for a time or inode may have more than 63 bits."""
        return f"{self.size} {self.modified} {self.changed} {self.inode}"


Announce = Callable[[int, int], None]
"""Told the number of files that are about to be read, and of their bytes."""


def silent(files: int, size: int) -> None:
    """Announces nothing."""
    del files, size


def sizes_of(paths: Iterable[str]) -> list[str]:
    """The size in bytes of each file, as text; `MISSING` where there is none."""
    return [str(found.st_size) if (found := _found(path)) else MISSING for path in paths]


def stamps_of(paths: Iterable[str]) -> list[str]:
    """The `FileState.stamp` of each file; `MISSING` where there is none."""
    return [found.stamp if (found := state_of(path)) else MISSING for path in paths]


def sha256_of(paths: Iterable[str], announce: Announce = silent) -> list[str]:
    """The SHA-256 of each file, as 64 hex digits; `MISSING` or `UNREADABLE` where there is none.

    Any number of processes may ask at once. Without a cache, files are read each time.

    Args:
        paths: the files; symbolic links are followed.
        announce: called once, before any file is read; not called if all are remembered.
    """
    states = [state_of(path) for path in paths]
    there = {state for state in states if state is not None}
    known = _remembered(there)
    unread = sorted(there - known.keys())
    if unread:
        announce(len(unread), sum(state.size for state in unread))
        known.update(_read(unread))
    return [MISSING if state is None else known[state] for state in states]


def _found(path: str) -> os.stat_result | None:
    """What is known of a file without reading it; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  (half the time of a Path's, for each of very many)
    except (OSError, ValueError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def state_of(path: str) -> FileState | None:
    """The state of a file; None where there is none."""
    found = _found(path)
    return None if found is None else _state_of(path, found)


def _state_of(path: str, found: os.stat_result) -> FileState:
    absolute = os.fsencode(os.path.abspath(path))  # noqa: PTH100  (likewise)
    times = found.st_mtime_ns, found.st_ctime_ns
    return FileState(absolute, found.st_size, *times, found.st_ino)


def _remembered(states: Iterable[FileState]) -> dict[FileState, str]:
    wanted = {(state.path, state.stamp): state for state in states}
    paths = sorted({path for path, _ in wanted})
    rows = in_cache(lambda cache: list(_rows(cache, paths))) or ()
    return {
        wanted[path, stamp]: digest
        for path, stamp, digest in rows
        if (path, stamp) in wanted and _is_sha256(digest)
    }


def _is_sha256(value: object) -> bool:
    """Whether a value is a hash; a damaged file may hold anything in its place."""
    return isinstance(value, str) and len(value) == 64


def _rows(cache: sqlite3.Connection, paths: Sequence[bytes]) -> Iterator[tuple[bytes, str, str]]:
    for start in range(0, len(paths), _PAGE):
        page = paths[start : start + _PAGE]
        marks = ",".join("?" * len(page))
        question = f"SELECT path, stamp, sha256 FROM files WHERE path IN ({marks})"
        yield from cache.execute(question, page)


def _read(states: Sequence[FileState]) -> dict[FileState, str]:
    """Reads files in threads, and remembers those that have settled."""
    digests: dict[FileState, str] = {}
    settled: list[tuple[FileState, str]] = []
    parts = [states[start : start + _TOGETHER] for start in range(0, len(states), _TOGETHER)]
    with ThreadPoolExecutor(_THREADS) as threads:
        for part in threads.map(_read_part, parts):
            for state, digest, lasting in part:
                digests[state] = digest
                if lasting:
                    settled.append((state, digest))
            if len(settled) >= _SAVED:
                in_cache(partial(_remember, found=settled))
                settled = []
    if settled:
        in_cache(partial(_remember, found=settled))
    return digests


def _read_part(states: Sequence[FileState]) -> list[tuple[FileState, str, bool]]:
    return [(state, *_hash(state)) for state in states]


def _hash(state: FileState) -> tuple[str, bool]:
    """A file's hash, and whether its size and times will tell it from every other content."""
    now = time.time_ns()
    try:
        with open(state.path, "rb") as file:  # noqa: PTH123  (as above)
            if state.size < _SMALL:
                digest = hashlib.sha256(file.read()).hexdigest()
            else:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            same = _state_of(os.fsdecode(state.path), os.fstat(file.fileno())) == state
    except FileNotFoundError:
        return MISSING, False
    except OSError:
        return UNREADABLE, False
    return digest, same and is_settled(state, now)


def is_settled(state: FileState, now: int) -> bool:
    """Whether a file that was read at `now`, in nanoseconds, gets another state when it changes.

    Users may set the time of contents to any other, even a future one.
    """
    recent = state.changed > now - SETTLED or now - SETTLED < state.modified <= now
    return not recent


def is_lasting(stamp: str, now: int) -> bool:
    """Whether what was stamped at `now`, in nanoseconds, gets another stamp when it changes.

    Not so of a file that is missing, or that was changed just before. Stamps of what has no file
    are digests, which are told from stamps of files by their form.
    """
    try:
        size, modified, changed, inode = map(int, stamp.split()[-4:])
    except ValueError:
        return stamp != MISSING
    return is_settled(FileState(b"", size, modified, changed, inode), now)


def _remember(cache: sqlite3.Connection, found: Sequence[tuple[FileState, str]]) -> None:
    rows = [(state.path, state.stamp, digest) for state, digest in found]
    cache.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)
