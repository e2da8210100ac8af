"""Reads class folders, in the same order on every machine."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.datasets.interface import Ignored
from benchmarks.datasets.looking import contents
from benchmarks.datasets.own_split import LabelledFile
from benchmarks.datasets.tree.endings import OFFICIAL_SUFFIXES, OTHER_SUFFIXES, suffix_of
from benchmarks.datasets.tree.folder import Folder
from benchmarks.quoting import one_line

INNER = "in folders inside class folders"
OUTSIDE = "outside of class folders"

_TAIL = 6
"""Letters at a name's end that tell whether it is an image's: the longest ending has one less."""


@dataclass(frozen=True)
class FolderRule:
    """Which files in a class folder are its images.

    Attributes:
        suffixes: their endings, in lower case.
        nested: whether files in folders inside a class folder are of that class too.
    """

    suffixes: frozenset[str]
    nested: bool

    def paths(self, folder: Path | Folder) -> list[str]:
        """Paths of the images, below the folder, sorted; empty when it isn't there."""
        listed = Folder.of(folder)
        files, folders = listed.contents()
        if not self.nested or not folders:
            return self.images(files)
        return sorted(prefix + f for prefix, files in listed.below() for f in self.images(files))

    def images(self, names: Collection[str]) -> list[str]:
        """Those of some names that are an image's."""
        others = self._other_tails(names)
        return [n for n in names if n[-_TAIL:] not in others] if others else list(names)

    def _other_tails(self, names: Collection[str]) -> set[str]:
        """The last letters of names that are no image's; many names have few kinds of them."""
        return {
            tail for tail in {n[-_TAIL:] for n in names} if suffix_of(tail) not in self.suffixes
        }

    def ignored(self, names: Collection[str], label: int, *, inner: bool) -> Iterator[Ignored]:
        """The files that are no images of a class, given their names in one folder.

        Args:
            names: of files.
            label: of the class.
            inner: whether they lie in a folder inside the class folder.
        """
        others, misplaced = self._other_tails(names), inner and not self.nested
        for name in names if others or misplaced else ():
            if name[-_TAIL:] in others:
                yield Ignored(label, one_line(suffix_of(name)) or "no ending")
            elif misplaced:
                yield Ignored(label, "", INNER)


OFFICIAL = FolderRule(OFFICIAL_SUFFIXES, nested=False)
"""For datasets that others have results on: nothing is added to the images that those have."""

OWN = FolderRule(OFFICIAL_SUFFIXES | OTHER_SUFFIXES, nested=True)
"""For a user's own datasets."""


def subfolders(folder: Path | Folder, ignored: Collection[str] = ()) -> list[str]:
    """Names of the folders in a folder but hidden ones and litter, sorted; empty when not there."""
    return [name for name in Folder.of(folder).contents().folders if name not in ignored]


def holds_files(folder: Path | Folder) -> bool:
    """Whether any file but hidden ones and litter lies in a folder or below it."""
    return any(files for _, files in Folder.of(folder).below())


def holds_images(folder: Path | Folder, rule: FolderRule) -> bool:
    """Whether any image lies in a folder or below it."""
    return any(rule.images(files) for _, files in Folder.of(folder).below())


def visible_entries(folder: Path) -> int:
    """How many entries a folder has that aren't hidden; 0 when it isn't there."""
    return sum(not name.startswith(".") for name, _ in contents(folder))


def images_in(
    base: Path | Folder, folders: Iterable[LabelledFile], rule: FolderRule = OFFICIAL
) -> list[LabelledFile]:
    """All images in folders below `base`, each folder given with its label and class name."""
    return [
        (f"{folder}/{file}", label, name)
        for folder, label, name in folders
        for file in rule.paths(Folder.of(base) / folder)
    ]


def ignored_in(
    base: Path | Folder, folders: Iterable[LabelledFile], rule: FolderRule
) -> Iterator[Ignored]:
    """The files in class folders that are no images to the rule; classes may lie in classes."""
    labels = {folder: label for folder, label, _ in folders if folder}
    for folder, label in labels.items():
        for prefix, names in (Folder.of(base) / folder).below():
            above = PurePosixPath(folder, prefix, "file").parents if prefix else ()
            if any(str(p) in labels and str(p) != folder for p in above):
                continue  # of a class that has its folder in this one's
            yield from rule.ignored(names, label, inner=bool(prefix))


def strays(folder: Path | Folder, rule: FolderRule) -> list[Ignored]:
    """The images that lie beside class folders, and so are of no class."""
    return [Ignored(None, "", OUTSIDE) for _ in rule.images(Folder.of(folder).contents().files)]
