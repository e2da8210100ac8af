"""What this machine remembers between runs, in one SQLite file that may be deleted at any time.

It lies in the folder that QUERYCURVE_CACHE names, else below XDG_CACHE_HOME or ~/.cache.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

VARIABLE = "QUERYCURVE_CACHE"
FILE = "cache-2.sqlite3"  # another number where tables change

PATIENCE = 2.0
"""Seconds to wait for another process that writes."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLES = (
    "CREATE TABLE IF NOT EXISTS files (path BLOB, stamp TEXT, sha256 TEXT, "
    "PRIMARY KEY (path, stamp)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS verified (place TEXT, state TEXT, full_digest TEXT, "
    "PRIMARY KEY (place, state)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS weights (sha256 TEXT PRIMARY KEY, flaw TEXT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS rows (path BLOB, part TEXT, stamp TEXT, sha256 BLOB, "
    "PRIMARY KEY (path, part))",
)

T = TypeVar("T")


def cache_folder() -> Path:
    """The folder of the cache; it need not exist.

    Raises:
        RuntimeError: no variable names one, and the user has no home.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "querycurve"


def in_cache(work: Callable[[sqlite3.Connection], T]) -> T | None:
    """What `work` returns, given the cache; None where there is none to be had.

    A cache only saves time: one that can't be read or written, or that another process holds, is
    done without. A damaged one is deleted.
    """
    try:
        file = cache_folder() / FILE
    except RuntimeError:
        return None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as cache, cache:
            for table in _TABLES:
                cache.execute(table)
            return work(cache)
    except sqlite3.Error as error:
        # The lowest byte of an extended code is the code.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            with suppress(OSError):
                file.unlink()
        return None
    except OSError:
        return None
