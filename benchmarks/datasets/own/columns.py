"""Finds a manifest's columns under the names that people give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.interface import DatasetError
from benchmarks.quoting import quoted

REQUIRED = ("image", "class_name")
OPTIONAL = ("label", "split")

_OTHER_NAMES = {
    "image": (
        "images", "img", "image_path", "img_path", "image_file", "image_name", "image_filename",
        "image_paths", "file", "filename", "file_name", "filepath", "file_path", "path",
        "filenames", "file_names", "filepaths", "file_paths", "paths",
    ),
    "class_name": ("classname", "class", "category", "category_name", "label_name"),
    "label": (
        "labels", "label_id", "label_index", "class_id", "class_index", "class_idx", "target",
    ),
    "split": ("subset", "partition", "set", "data_set", "phase", "data_split"),
}  # fmt: skip

_READ_AS = {"name": "the images' paths"}

_CLOSE = 0.75
"""How alike an unknown name and a column's are, from 0 to 1, where one seems to mean the other."""


class BadManifest(DatasetError):
    """A manifest is invalid; says what is wrong, and in which row."""


@dataclass(frozen=True)
class Columns:
    """Where a manifest has what.

    Attributes:
        places: the place of each column that is there, by the name it has here.
        notes: which columns are read under another name, and which are not read.
    """

    places: dict[str, int]
    notes: tuple[str, ...] = ()


def find_columns(names: Sequence[str], where: str, *, named: bool = False) -> Columns:
    """Finds the columns by their names in the manifest, in whatever case.

    A manifest without `class_name` may name its classes in `label`.

    Args:
        names: the manifest's names, in order; blank for a column without one.
        where: names the manifest in errors.
        named: whether `image` has bytes, so that another column may have the images' paths: then
            it is `name`.

    Raises:
        BadManifest: a required column is missing, two columns could be one, or a name is nearly
            one of those that are known.
    """
    plain = [_plain(name) for name in names]
    places = {
        column: place
        for column in (*REQUIRED, *OPTIONAL)
        if (place := _place(column, plain, names, where)) is not None
    }
    _check_required(places, names, where)
    paths = [place for place, name in enumerate(plain) if name in _OTHER_NAMES["image"]]
    paths = [place for place in paths if place not in places.values()]
    if named and len(paths) == 1:
        places["name"] = paths[0]
    unread = [place for place in range(len(names)) if place not in places.values()]
    _refuse_misspelled(places, [names[place] for place in unread], where)
    renamed = [
        f"the column {quoted(names[place])} is read as {_READ_AS.get(column, repr(column))}"
        for column, place in places.items()
        if plain[place] != column
    ]
    return Columns(places, (*renamed, *_unread([names[place] for place in unread])))


def recognised(names: Sequence[str]) -> int:
    """How many of a manifest's names are those of columns that are read."""
    known = {name for column in _OTHER_NAMES for name in (column, *_OTHER_NAMES[column])}
    return sum(_plain(name) in known for name in names)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _place(column: str, plain: Sequence[str], names: Sequence[str], where: str) -> int | None:
    """The place of a column: by its own name, or else by another one."""
    for known in ((column,), _OTHER_NAMES[column]):
        found = [place for place, name in enumerate(plain) if name in known]
        if len(found) > 1:
            several = " and ".join(quoted(names[place]) for place in found[:2])
            raise BadManifest(
                f"{where}: the columns {several} could both be {column!r}. Call one of them so, "
                f"and the other something else."
            )
        if found:
            return found[0]
    return None


def _check_required(places: dict[str, int], names: Sequence[str], where: str) -> None:
    for column in REQUIRED:
        if column in places or (column == "class_name" and "label" in places):
            continue
        got = shown(quoted(name) for name in names) or "none"
        remedy = "" if recognised(names) else " Is the line with the columns' names missing?"
        raise BadManifest(
            f"{where}: the column {column!r} is missing. Expected the columns "
            f"{', '.join(REQUIRED)} and optionally {', '.join(OPTIONAL)}; got {got}.{remedy}"
        )


def _refuse_misspelled(places: dict[str, int], unread: Sequence[str], where: str) -> None:
    """A manifest whose `splitt` was ignored would be split anew, and nobody would notice."""
    lacking = [column for column in (*REQUIRED, *OPTIONAL) if column not in places]
    for name in unread:
        for near in get_close_matches(_plain(name), lacking, n=1, cutoff=_CLOSE):
            raise BadManifest(f"{where}: unknown column {quoted(name)}. Did you mean: {near}?")


def _unread(names: Sequence[str]) -> list[str]:
    named = [quoted(name) for name in names if name.strip()]
    notes = []
    if named:
        what, verb = ("the column", "is") if len(named) == 1 else ("the columns", "are")
        notes.append(f"{what} {shown(named)} {verb} not read")
    if len(named) < len(names):
        notes.append("a column without a name is not read")
    return notes
