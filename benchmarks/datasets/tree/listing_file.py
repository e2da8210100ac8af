"""What a dataset's folders hold, in one compact file of the local cache.

A folder's names are used again only where its stamp is the same, so a file that is out of date, or
that another process has replaced, does no harm; a damaged one is done without.
"""

import json
import os
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from benchmarks.datasets.tree.contents import Contents
from benchmarks.local_cache import cache_folder

MOST_FILES, MOST_BYTES = 64, 512 << 20
"""Files that are kept, and their bytes together; those that were written last."""

_FORMAT = 1
_LEVEL = 1  # of compression: names are much alike, and loading must be fast


class Listed(NamedTuple):
    """A folder's contents, and the stamp that it had when they were listed."""

    stamp: str
    contents: Contents


def load_listing(folder: str) -> dict[str, Listed]:
    """What is remembered of a folder and those below it, by path; empty if nothing is."""
    try:
        document = zlib.decompress(_file_of(folder).read_bytes())
        head, _, body = document.partition(b"\n")
        facts = json.loads(head)
        if facts["format"] != _FORMAT or facts["folder"] != folder:
            return {}
        names = body.decode("utf-8", "surrogateescape").split("\0")
        return dict(_parted(facts["folders"], names))
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, zlib.error):
        return {}


def _parted(
    rows: list[tuple[str, str, int, int]], names: list[str]
) -> Iterator[tuple[str, Listed]]:
    place = 0
    for path, stamp, files, folders in rows:
        middle, end = place + files, place + files + folders
        yield path, Listed(stamp, Contents(names[place:middle], names[middle:end]))
        place = end
    if place != len(names) - 1:  # an empty name ends them
        raise ValueError("names are missing")


def save_listing(folder: str, listed: Mapping[str, Listed]) -> None:
    """Remembers what a folder and those below it hold, if there is a place for it."""
    rows = [
        (path, one.stamp, len(one.contents.files), len(one.contents.folders))
        for path, one in listed.items()
    ]
    head = json.dumps({"format": _FORMAT, "folder": folder, "folders": rows})
    names = chain.from_iterable(
        (*one.contents.files, *one.contents.folders) for one in listed.values()
    )
    body = "\0".join((*names, "")).encode("utf-8", "surrogateescape")
    with suppress(OSError, RuntimeError):
        file = _file_of(folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file, zlib.compress(head.encode() + b"\n" + body, _LEVEL))
        _forget_old(file.parent)


def _file_of(folder: str) -> Path:
    name = sha256(os.fsencode(folder)).hexdigest()[:32]
    return cache_folder() / "listings" / name


def _replace(file: Path, data: bytes) -> None:
    """Writes a file as a whole, whoever reads or writes it at the same time."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(data)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _forget_old(place: Path) -> None:
    """Deletes the files that were written first, over the limits. Others may delete them too."""
    found = [(file.stat(), file) for file in place.iterdir()]
    held = 0
    for number, (state, file) in enumerate(sorted(found, key=lambda one: -one[0].st_mtime_ns)):
        held += state.st_size
        if number >= MOST_FILES or (number and held > MOST_BYTES):
            file.unlink(missing_ok=True)
