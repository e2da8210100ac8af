"""Reads class folders, text lists and JSON files, in the same order on every machine."""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.datasets.interface import DatasetError, Ignored
from benchmarks.datasets.own_split import LabelledFile

INNER = "in folders inside class folders"
OUTSIDE = "outside of class folders"

_OFFICIAL_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)

# What else Pillow reads. Fixed, not asked of the Pillow at hand, so that a dataset has the same
# images on every machine; where one is without a decoder, they are unreadable by name.
_OTHER_SUFFIXES = frozenset(
    (
        ".jpe", ".jfif", ".mpo", ".apng", ".dib", ".pbm", ".pnm", ".avif", ".jp2", ".j2k", ".j2c",
        ".jpc", ".jpf", ".jpx", ".tga", ".qoi", ".pcx", ".sgi",
    )
)  # fmt: skip

# What operating systems and tools leave behind; names in lower case.
_LITTER = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"))
_LITTER_FOLDERS = frozenset(
    ("__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information", "lost+found")
)


@dataclass(frozen=True)
class FolderRule:
    """Which files in a class folder are its images.

    Attributes:
        suffixes: their endings, in lower case.
        nested: whether files in folders inside a class folder are of that class too.
    """

    suffixes: frozenset[str]
    nested: bool

    def paths(self, folder: Path) -> list[str]:
        """Paths of the images, below the folder, sorted; empty when it isn't there."""
        files = _files_below(folder) if self.nested else _contents(folder)[0]
        return sorted(file for file in files if _suffix(file) in self.suffixes)

    def ignored(self, path: str, label: int) -> Ignored | None:
        """A file below a class folder as one that is ignored; None if it is an image."""
        if _suffix(path) not in self.suffixes:
            return Ignored(label, _suffix(path) or "no ending")
        return Ignored(label, "", INNER) if "/" in path and not self.nested else None


OFFICIAL = FolderRule(_OFFICIAL_SUFFIXES, nested=False)
"""For datasets that others have results on: nothing is added to the images that those have."""

OWN = FolderRule(_OFFICIAL_SUFFIXES | _OTHER_SUFFIXES, nested=True)
"""For a user's own datasets."""


def subfolders(folder: Path, ignored: Collection[str] = ()) -> list[str]:
    """Names of the folders in a folder but hidden ones and litter, sorted; empty when not there."""
    return [name for name in _contents(folder)[1] if name not in ignored]


def visible_entries(folder: Path) -> int:
    """How many entries a folder has that aren't hidden; 0 when it isn't there."""
    if not folder.is_dir():
        return 0
    return sum(not entry.name.startswith(".") for entry in folder.iterdir())


def images_in(
    base: Path, folders: Iterable[LabelledFile], rule: FolderRule = OFFICIAL
) -> list[LabelledFile]:
    """All images in folders below `base`, each folder given with its label and class name."""
    return [
        (f"{folder}/{file}", label, name)
        for folder, label, name in folders
        for file in rule.paths(base / folder)
    ]


def ignored_in(base: Path, folders: Iterable[LabelledFile], rule: FolderRule) -> Iterator[Ignored]:
    """The files in class folders that are no images to the rule; classes may lie in classes."""
    labels = {folder: label for folder, label, _ in folders if folder}
    for folder, label in labels.items():
        for path in _files_below(base / folder):
            inner = PurePosixPath(folder, path).parents
            if "/" in path and any(str(p) in labels and str(p) != folder for p in inner):
                continue  # of a class that has its folder in this one's
            ignored = rule.ignored(path, label)
            if ignored is not None:
                yield ignored


def strays(folder: Path, rule: FolderRule) -> list[Ignored]:
    """The images that lie beside class folders, and so are of no class."""
    files, _ = _contents(folder)
    return [Ignored(None, "", OUTSIDE) for file in files if _suffix(file) in rule.suffixes]


def read_lines(path: Path, dataset: str) -> list[str]:
    """The non-empty lines of a text file, without blanks around them or a byte-order mark.

    Raises:
        DatasetError: the file can't be read as UTF-8 text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"dataset {dataset}: can't read {path} as text in UTF-8: {error}."
        ) from None
    return [line.strip() for line in lines if line.strip()]


def read_json(path: Path, dataset: str) -> dict[str, Any]:
    """The mapping in a JSON file.

    Raises:
        DatasetError: the file is missing, is not JSON, or holds no mapping.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"dataset {dataset}: {path} is not readable JSON ({error}). Download it again."
        ) from None
    if not isinstance(document, dict):
        raise DatasetError(
            f"dataset {dataset}: {path} must hold a mapping, got {type(document).__name__}."
        )
    return document


def _suffix(path: str) -> str:
    """As `pathlib` has it, which is slow for millions of files."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


def _contents(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the files and folders in a folder, without hidden ones and litter; sorted.

    A link that leads nowhere counts as a file: its image is then missing by name.
    """
    found: tuple[list[str], list[str]] = ([], [])
    if folder.is_dir():
        with os.scandir(folder) as entries:
            for entry in entries:
                inner = entry.is_dir()
                litter = _LITTER_FOLDERS if inner else _LITTER
                if not entry.name.startswith(".") and entry.name.lower() not in litter:
                    found[inner].append(entry.name)
    return sorted(found[0]), sorted(found[1])


def _files_below(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[str]:
    """Paths of all files below a folder; a link that leads back up is not followed.

    Args:
        folder: where to look.
        above: the true paths of the folders that led here.
    """
    files, folders = _contents(folder)
    yield from files
    here = (*above, folder.resolve()) if folders else ()
    for inner in folders:
        target = (folder / inner).resolve() if (folder / inner).is_symlink() else None
        if target is None or not any(path.is_relative_to(target) for path in here):
            for path in _files_below(folder / inner, here):
                yield f"{inner}/{path}"
