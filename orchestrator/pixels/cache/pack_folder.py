"""The folder of a pack: what lies in it, how it is made, opened and deleted.

- `about.json`: the format and the number of rows. Its time of change is that of the last use; who
  has the pack open keeps a shared lock on it.
- `index`: how many bytes of the data are sound, and one record for each row, see `records`.
- `data`: images `(H, W, 3)` of uint8, one after the other. Bytes are only ever added.

A folder appears and goes as a whole, by being renamed. Who has it open meanwhile loses nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from orchestrator.pixels.cache.checked_number import in_bytes
from orchestrator.pixels.cache.locks import try_lock
from orchestrator.pixels.cache.records import place_of

ABOUT, INDEX, DATA = "about.json", "index", "data"
NEW, OLD = ".new-", ".old-"
"""How names of folders begin that are being made and deleted."""

_FORMAT = 1


class Damaged(Exception):
    """A folder holds no pack of this format, or of another list."""


def about(folder: Path, rows: int) -> bytes:
    """What a pack says of itself."""
    return json.dumps({"format": _FORMAT, "digest": folder.name, "rows": rows}).encode()


def empty_size(folder: Path, rows: int) -> int:
    """Bytes of the files of a pack without images."""
    return len(about(folder, rows)) + place_of(rows)


def make(folder: Path, rows: int) -> None:
    """Makes an empty pack, unless somebody else has made it.

    Raises:
        OSError: it can't be written.
    """
    new = folder.parent / f"{NEW}{uuid4().hex}"
    new.mkdir(parents=True)
    try:
        (new / ABOUT).write_bytes(about(folder, rows))
        with (new / INDEX).open("wb") as index:
            index.write(in_bytes(0))
            index.truncate(place_of(rows))
        (new / DATA).touch()
        with suppress(FileExistsError):
            _rename(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def discard(folder: Path) -> None:
    """Deletes a pack, or whatever lies in its place.

    Raises:
        OSError: it can't be taken away.
    """
    old = folder.parent / f"{OLD}{uuid4().hex}"
    with suppress(FileNotFoundError):
        folder.rename(old)
        delete(old)


def delete(folder: Path) -> None:
    """Deletes what nobody looks for any more, as far as that is possible."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.unlink()  # where it is a file


def size_of(folder: Path) -> int:
    """Bytes of a pack's files; 0 if it is gone."""
    try:
        with os.scandir(folder) as files:
            return sum(file.stat(follow_symlinks=False).st_size for file in files)
    except OSError:
        return 0


def is_open(folder: Path) -> bool:
    """Whether a living process has the pack open."""
    try:
        descriptor = os.open(folder / ABOUT, os.O_RDONLY)
    except OSError:
        return False  # no process can have opened what lacks the file
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def check(folder: Path, rows: int, text: bytes, index_size: int) -> None:
    """Refuses what isn't the pack of a folder, by what it says of itself and its index's size.

    Raises:
        Damaged: that is so.
    """
    if text != about(folder, rows) or index_size != place_of(rows):
        raise Damaged


def _rename(new: Path, folder: Path) -> None:
    """Gives a new folder its name.

    Raises:
        FileExistsError: somebody else has made one.
    """
    try:
        new.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        raise FileExistsError from None
