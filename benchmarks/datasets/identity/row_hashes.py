"""SHA-256 of the rows of a file, which is read once and then remembered as `file_hashes` does."""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.datasets.identity.file_hashes import (
    MISSING,
    Announce,
    FileState,
    is_settled,
    silent,
    state_of,
)
from benchmarks.local_cache import in_cache

Buffer = bytes | memoryview

_THREADS = 8
_SIZE = 32  # bytes of a digest
_NONE = bytes(_SIZE)


@dataclass(frozen=True)
class HashedRows:
    """Values in the rows of a file.

    Attributes:
        path: of the file.
        part: which values of its rows, such as the name of a column.
        rows: how many rows it has.
        read: reads them all in order, a batch at a time; None for a row without a value.
    """

    path: Path
    part: str
    rows: int
    read: Callable[[], Iterable[Sequence[Buffer | None]]]


class RowHashes:
    """The SHA-256 of each row's value.

    Args:
        values: the rows.
    """

    def __init__(self, values: HashedRows) -> None:
        self._values = values
        self._last: tuple[FileState, list[str]] | None = None

    def sha256(self, announce: Announce = silent) -> list[str]:
        """The hashes as 64 hex digits, in order; `MISSING` where a row has no value.

        Args:
            announce: called before the file is read; not called if it is remembered.

        Raises:
            Exception: whatever reading the rows raises.
        """
        state = state_of(str(self._values.path))
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        digests = None if state is None else _remembered(self._values, state)
        lasting = digests is not None
        if digests is None:
            announce(self._values.rows, 0 if state is None else state.size)
            digests, lasting = self._read(state)
        parts = (digests[start : start + _SIZE] for start in range(0, len(digests), _SIZE))
        found = [MISSING if part == _NONE else part.hex() for part in parts]
        if state is not None and lasting:
            self._last = state, found
        return found

    def _read(self, state: FileState | None) -> tuple[bytes, bool]:
        """All digests, and whether the state will tell them from those of every other content."""
        now = time.time_ns()
        with ThreadPoolExecutor(_THREADS) as threads:
            batches = self._values.read()
            digests = b"".join(one for batch in batches for one in threads.map(_hash, batch))
        if state is None or state_of(str(self._values.path)) != state or not is_settled(state, now):
            return digests, False
        in_cache(partial(_remember, values=self._values, state=state, digests=digests))
        return digests, True


def _hash(value: Buffer | None) -> bytes:
    return hashlib.sha256(value).digest() if value else _NONE


def _remembered(values: HashedRows, state: FileState) -> bytes | None:
    def select(cache: sqlite3.Connection) -> object:
        question = "SELECT sha256 FROM rows WHERE path = ? AND part = ? AND stamp = ?"
        found = cache.execute(question, (state.path, values.part, state.stamp)).fetchone()
        return found and found[0]

    known = in_cache(select)
    # A damaged file may hold anything in its place.
    whole = isinstance(known, bytes) and len(known) == _SIZE * values.rows
    return known if whole and isinstance(known, bytes) else None


def _remember(
    cache: sqlite3.Connection, values: HashedRows, state: FileState, digests: bytes
) -> None:
    row = (state.path, values.part, state.stamp, digests)
    cache.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", row)
