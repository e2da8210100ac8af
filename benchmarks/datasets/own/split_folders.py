"""Finds train, val and test folders under the names that people give them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.folders import OWN, holds_files, holds_images, strays, subfolders
from benchmarks.datasets.interface import SPLITS, DatasetError, Split
from benchmarks.datasets.own.split_names import split_called
from benchmarks.datasets.tree.folder import Folder

_DEEPEST = 3
"""Folders in folders that are looked into; more would be no wrapping of an archive."""


@dataclass(frozen=True)
class SplitFolders:
    """The folders that hold class folders.

    Attributes:
        by_split: the folder of each split that has one; empty if class folders lie directly there.
        without_images: other folders there, and those of splits, which hold no images.
    """

    by_split: dict[Split, str] = field(default_factory=dict)
    without_images: tuple[str, ...] = ()


def innermost(folder: Folder) -> Folder:
    """The folder itself, or the one in it that holds everything, as unpacked archives have it.

    Raises:
        DatasetError: a folder can't be read.
    """
    for _ in range(_DEEPEST):
        holding = list(islice(filled(folder, subfolders(folder)), 2))
        if len(holding) != 1 or split_called(holding[0]) or strays(folder, OWN):
            return folder
        inner = folder / holding[0]
        if strays(inner, OWN) or not subfolders(inner):
            return folder  # it is one class
        folder = inner
    return folder


def filled(folder: Folder, names: Iterable[str]) -> Iterator[str]:
    """Those of the folders in a folder in which any file lies but hidden ones and litter."""
    return (name for name in names if holds_files(folder / name))


def find_split_folders(folder: Folder, dataset: str) -> SplitFolders:
    """The folders of splits in a folder; test/ alone is a dataset on which nothing is trained.

    Raises:
        DatasetError: other folders with images stand beside them, test is missing, or two are of
            one split.
    """
    every = subfolders(folder)
    if not any(map(split_called, every)):
        return SplitFolders()
    names = list(filled(folder, every))
    called = {name: split for name in names if (split := split_called(name))}
    others = [name for name in names if name not in called]
    whole = {"train", "test"} <= set(called.values())
    if not whole and any(holds_images(folder / name, OWN) for name in others):
        return SplitFolders()  # all of them are classes
    if "test" in called.values():
        by_split = _one_each(called, folder, dataset)
        if whole:
            _refuse_images_beside(folder, others, by_split, dataset)
        emptied = [name for name in every if split_called(name) and name not in called]
        by_split = _unwrapped(folder, by_split)
        return SplitFolders(by_split, (*others, *emptied))
    if called:
        raise DatasetError(
            f"dataset {dataset}: expected train/, test/ and perhaps val/ in {folder}, got only "
            f"{shown(sorted(called))}. Add test/, or leave only class folders there, which are "
            f"split 70/10/20."
        )
    return SplitFolders()


def _refuse_images_beside(
    folder: Folder, others: Sequence[str], by_split: dict[Split, str], dataset: str
) -> None:
    images = [name for name in others if holds_images(folder / name, OWN)]
    if images:
        raise DatasetError(
            f"dataset {dataset}: beside {by_split['train']}/ and {by_split['test']}/, {folder} may "
            f"only have val/, but it has {shown(images)}. Move them away."
        )


def _unwrapped(folder: Folder, by_split: dict[Split, str]) -> dict[Split, str]:
    """The folders `train/train`, where each split holds nothing but one folder of folders.

    Archives of one split each are unpacked so. As class folders, they would be one class a split.
    """
    inner: dict[Split, str] = {}
    for split, part in by_split.items():
        names = list(islice(filled(folder / part, subfolders(folder / part)), 2))
        if len(names) != 1 or strays(folder / part, OWN):
            return by_split
        wrapped = folder / part / names[0]
        if strays(wrapped, OWN):
            return by_split
        inner[split] = f"{part}/{names[0]}"
    return inner


def _one_each(called: dict[str, Split], folder: Folder, dataset: str) -> dict[Split, str]:
    by_split: dict[Split, str] = {}
    for split in SPLITS:
        names = sorted(name for name, its in called.items() if its == split)
        if len(names) > 1:
            raise DatasetError(
                f"dataset {dataset}: in {folder}, both {names[0]}/ and {names[1]}/ could be the "
                f"{split} split. Keep one of them, or put their images together."
            )
        if names:
            by_split[split] = names[0]
    return by_split
