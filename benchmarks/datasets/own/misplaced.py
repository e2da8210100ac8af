"""Folders in which images do not lie where they should: says where they lie, and what to do."""

import re
from collections.abc import Collection, Iterable

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.folders import OWN, holds_images, strays, subfolders
from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own.kinds import ARCHIVES, MANIFESTS
from benchmarks.datasets.own.split_names import split_called
from benchmarks.datasets.tree.folder import Folder
from benchmarks.quoting import one_line


def refuse_flat(folder: Folder, parts: Iterable[str], dataset: str) -> None:
    """Refuses images that lie directly in a split's folder, where no class folder stands beside.

    Args:
        folder: the dataset's.
        parts: names of the splits' folders in it; those that aren't there are passed over.
        dataset: the dataset's name.

    Raises:
        DatasetError: a split's folder has images alone.
    """
    for part in parts:
        flat = 0 if subfolders(folder / part) else len(strays(folder / part, OWN))
        if flat:
            images = "1 image lies" if flat == 1 else f"{flat:,} images lie"
            raise DatasetError(
                f"dataset {dataset}: expected class folders in {folder / part}, but {images} "
                f"directly in it. Put each into a folder of its class, or leave {part}/ out."
            )


def refuse_splits_inside(folder: Folder, names: Iterable[str], dataset: str) -> None:
    """Refuses train/ and test/ inside of what would be class folders.

    Raises:
        DatasetError: a folder has both.
    """
    for name in names:
        inner = {split_called(inner) for inner in subfolders(folder / name)}
        if {"train", "test"} <= inner:
            raise DatasetError(
                f"dataset {dataset}: expected train/ and test/ above the class folders, but they "
                f"are inside {folder / name}. Move the class folders into {folder}/train and "
                f"{folder}/test."
            )


def refuse_unclear_splits(folder: Folder, names: Collection[str], dataset: str) -> None:
    """Refuses folders such as `seg_train` and `seg_test` that hold folders of images.

    They would be two classes.

    Raises:
        DatasetError: there are such folders.
    """
    pair = [_first_with(word, folder, names) for word in ("train", "test")]
    if all(pair):
        raise DatasetError(
            f"dataset {dataset}: in {folder}, {pair[0]}/ and {pair[1]}/ seem to be splits, and not "
            f"classes. Call them train/ and test/; if they are classes, put the images directly "
            f"into them."
        )


def _first_with(word: str, folder: Folder, names: Iterable[str]) -> str | None:
    """The first name with a word in it, of a folder whose images all lie in folders inside it."""
    pattern = re.compile(rf"(^|[^a-z]){word}(ing)?($|[^a-z])")
    for name in names:
        found = pattern.search(name.casefold())
        if found and not strays(folder / name, OWN) and holds_images(folder / name, OWN):
            return name
    return None


def hint(folder: Folder, parts: Iterable[str]) -> str:
    """A sentence for a user whose folder holds fewer than two classes; "" if nothing stands out.

    Args:
        folder: the dataset's.
        parts: the folders in it that should hold class folders, "." for itself.
    """
    parts = list(parts)
    for part in dict.fromkeys((".", *parts)):
        for name in (folder / part).contents().files:
            if name.lower().endswith(MANIFESTS):
                where = name if part == "." else f"{part}/{name}"
                return f" If {one_line(where)} lists the images, give it as the path."
    bare = [part for part in parts if strays(folder / part, OWN)]
    if bare:
        places = shown("it" if part == "." else f"{part}/" for part in bare)
        return f" Images lie directly in {places}: put each into a folder of its class."
    files = folder.contents().files
    for name in files:
        if name.lower().endswith(ARCHIVES):
            return f" Unpack {one_line(name)} first."
    return f" It has the files {shown(map(one_line, files))}." if files else ""
