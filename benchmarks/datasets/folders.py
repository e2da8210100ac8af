"""Reads class folders, in the same order on every machine."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.datasets.interface import Ignored
from benchmarks.datasets.looking import Unlisted, contents
from benchmarks.datasets.own_split import LabelledFile
from benchmarks.datasets.texts import CONTROL
from benchmarks.quoting import one_line, quoted

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
            return Ignored(label, one_line(_suffix(path)) or "no ending")
        return Ignored(label, "", INNER) if "/" in path and not self.nested else None


OFFICIAL = FolderRule(_OFFICIAL_SUFFIXES, nested=False)
"""For datasets that others have results on: nothing is added to the images that those have."""

OWN = FolderRule(_OFFICIAL_SUFFIXES | _OTHER_SUFFIXES, nested=True)
"""For a user's own datasets."""


def subfolders(folder: Path, ignored: Collection[str] = ()) -> list[str]:
    """Names of the folders in a folder but hidden ones and litter, sorted; empty when not there."""
    return [name for name in _contents(folder)[1] if name not in ignored]


def holds_files(folder: Path) -> bool:
    """Whether any file but hidden ones and litter lies in a folder or below it."""
    return next(_files_below(folder), None) is not None


def holds_images(folder: Path, rule: FolderRule) -> bool:
    """Whether any image lies in a folder or below it."""
    return any(_suffix(file) in rule.suffixes for file in _files_below(folder))


def visible_entries(folder: Path) -> int:
    """How many entries a folder has that aren't hidden; 0 when it isn't there."""
    return sum(not name.startswith(".") for name, _ in contents(folder))


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


def _suffix(path: str) -> str:
    """As `pathlib` has it, which is slow for millions of files."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


def _contents(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the files and folders in a folder, without hidden ones and litter; sorted.

    A link that leads nowhere counts as a file: its image is then missing by name.

    Raises:
        Unlisted: the folder can't be read, or an image's or folder's name can't be used.
    """
    found: tuple[list[str], list[str]] = ([], [])
    for name, inner in contents(folder):
        litter = _LITTER_FOLDERS if inner else _LITTER
        if name.startswith(".") or name.lower() in litter:
            continue
        if not name.isprintable() and (inner or _suffix(name) in OWN.suffixes):
            _check_name(folder, name, inner=inner)
        found[inner].append(name)
    return sorted(found[0]), sorted(found[1])


def _check_name(folder: Path, name: str, *, inner: bool) -> None:
    """Refuses names that can't be in keys and prompts: not in UTF-8, or of a class in two lines."""
    try:
        name.encode()
        reason = "has a line end or the like" if inner and CONTROL.search(name) else ""
    except UnicodeEncodeError:
        reason = "is not in UTF-8"
    if reason:
        raise Unlisted(f"in {folder}, the name {quoted(name)} {reason}. Rename it.")


def _files_below(folder: Path) -> Iterator[str]:
    """Paths of all files below a folder; a link that leads back up is not followed."""
    todo: list[tuple[str, tuple[Path, ...]]] = [("", ())]  # folders, and the true ones above each
    while todo:
        prefix, above = todo.pop()
        files, folders = _contents(folder / prefix)
        yield from (prefix + file for file in files)
        here = (*above, (folder / prefix).resolve()) if folders else ()
        for inner in folders:
            path = folder / prefix / inner
            target = path.resolve() if path.is_symlink() else None
            if target is None or not any(passed.is_relative_to(target) for passed in here):
                todo.append((f"{prefix}{inner}/", here))
