"""MLflow's database as a file: checked before MLflow opens it, and mended after it was moved.

MLflow stores where artifacts lie as absolute paths, once per experiment and once per run. So a
store that was copied or moved would be tracked into the old place, and show what lies there. The
artifacts of this project lie beside the database, always: a stored place of such a folder that says
otherwise is rewritten.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ARTIFACTS = "mlflow-artifacts"
COMPLETE = "complete"
"""Tag of a run that was written to its end."""

LONGEST = 500
"""Bytes of a path at most: SQLite takes 512, for the files that it makes beside a database too."""

LOCK_PATIENCE = 10.0
"""Seconds to wait for another process that writes."""


class DatabaseError(Exception):
    """A database can't be used: says why, and what to do."""


def artifacts_beside(file: Path) -> str:
    """URI of the folder that holds the artifacts of a database's runs.

    Of one folder it is the same whatever path leads there: by a link, or over `..`.
    """
    return (file.parent.resolve() / ARTIFACTS).as_uri()


def settle(file: Path) -> None:
    """Makes a database's artifacts those beside it; there need be no database yet.

    Where artifacts were not copied with it, runs are marked as incomplete, and so written anew.

    Raises:
        DatabaseError: it is no database, or can't be read or written.
    """
    with _explained(file):
        if file.is_symlink() and not file.exists():
            raise DatabaseError("that is a broken link, and no database; move it away")
        if file.is_dir():
            raise DatabaseError("that is a folder, and no database; move it away")
        # Made here, as MLflow tries for minutes where it can't be.
        file.parent.mkdir(parents=True, exist_ok=True)
        # Isolation of None: transactions begin where they are asked for.
        with closing(sqlite3.connect(file, LOCK_PATIENCE, isolation_level=None)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if not {"experiments", "runs", "tags"} <= tables:
                return
            moved = _moved(database, artifacts_beside(file))
            if moved:
                copied = (file.parent / ARTIFACTS).is_dir()
                _rewrite(database, moved, artifacts_beside(file), copied=copied)


def _moved(database: sqlite3.Connection, here: str) -> set[str]:
    """Places of artifacts that once lay beside this database."""
    rows = database.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
    return {place for (place,) in rows if place and place != here and _is_ours(place)}


def _is_ours(place: str) -> bool:
    return place.startswith("file:") and place.endswith(f"/{ARTIFACTS}")


def _rewrite(database: sqlite3.Connection, moved: set[str], here: str, *, copied: bool) -> None:
    database.execute("BEGIN IMMEDIATE")
    for old in moved:
        database.execute(
            "UPDATE experiments SET artifact_location = ? WHERE artifact_location = ?", (here, old)
        )
        database.execute(
            "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?) "
            "WHERE substr(artifact_uri, 1, ?) = ?",
            (here, len(old) + 1, len(old) + 1, f"{old}/"),
        )
    if not copied:
        database.execute(
            "DELETE FROM tags WHERE key = ? AND run_uuid IN "
            "(SELECT run_uuid FROM runs WHERE substr(artifact_uri, 1, ?) = ?)",
            (COMPLETE, len(here) + 1, f"{here}/"),
        )
    database.execute("COMMIT")


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        advice = remedy(str(error), file)
        raise DatabaseError(f"{error}; {advice}" if advice else str(error)) from None
    except (FileExistsError, NotADirectoryError):
        raise DatabaseError(f"{file.parent} is no folder") from None
    except OSError as error:
        raise DatabaseError(f"{error.strerror or error}; check its permissions") from None


def remedy(text: str, file: Path | None = None) -> str:
    """What to do about what SQLite or MLflow says of a database; "" where it isn't known."""
    lower = text.lower()
    away = f"move {file or 'the database'} away, then `track` builds a new one"
    if "not a database" in lower or "malformed" in lower:
        return away
    if "schema" in lower or "locate revision" in lower:
        return f"it is of another version of MLflow: {away}, or run `mlflow db upgrade`"
    if "locked" in lower:
        return "another process is writing to it: try again when it has ended"
    if "unable to open" in lower and file and len(os.fsencode(file)) > LONGEST:
        return f"its path is too long for SQLite, which takes {LONGEST} bytes"
    if "readonly" in lower or "read-only" in lower or "unable to open" in lower:
        return "check its permissions and those of its folder"
    return "free some space" if "full" in lower else ""
