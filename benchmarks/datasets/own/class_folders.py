"""A folder of class folders, with or without train, val and test folders above them."""

from pathlib import Path

from benchmarks.datasets.class_names import refuse_alike
from benchmarks.datasets.folders import OWN, images_in, subfolders
from benchmarks.datasets.interface import SPLITS, DatasetError
from benchmarks.datasets.own_split import Division, LabelledFile, own_division

GIVEN = "split folders"  # part of keys

_LIKE_SPLITS = frozenset(
    (*SPLITS, "training", "valid", "validation", "dev", "eval", "evaluation", "testing")
)
"""Folders of these names alone are splits under another name, not classes."""


def divide_folders(folder: Path, dataset: str) -> Division:
    """The images in `<class>/<image>`, split 70/10/20; or in `{train,val,test}/<class>/<image>`.

    Images may lie in folders inside a class folder. Labels follow the sorted names of the class
    folders; in class names, underscores become blanks.

    Raises:
        DatasetError: there are fewer than two classes, two of one name, or unexpected folders.
    """
    found = subfolders(folder)
    above = splits_above(folder, dataset)
    names = sorted({name for part in above or (".",) for name in subfolders(folder / part)})
    if len(names) < 2:
        raise DatasetError(
            f"dataset {dataset}: expected at least two class folders with images in {folder}, or "
            f"train/ and test/ folders with class folders in them; found the folders: "
            f"{', '.join(found) or 'none'}."
        )
    refuse_alike(names, f"dataset {dataset}: the class folders in {folder}")
    if not above:
        _refuse_splits_inside(folder, names, dataset)
        classes = _classes("", names)
        return own_division(images_in(folder, classes, OWN), classes)
    parts = {split: _classes(f"{split}/", names) for split in SPLITS}
    listing = {split: images_in(folder, rows, OWN) for split, rows in parts.items()}
    return Division(listing, GIVEN, tuple(row for rows in parts.values() for row in rows))


def splits_above(folder: Path, dataset: str) -> tuple[str, ...]:
    """The splits whose folders hold the class folders; empty if none stand above them.

    Raises:
        DatasetError: other folders stand beside train/ and test/, or one of these two is missing.
    """
    found = set(subfolders(folder))
    if {"train", "test"} <= found:
        others = sorted(found - set(SPLITS))
        if others:
            raise DatasetError(
                f"dataset {dataset}: beside train/ and test/, {folder} may only have val/, but it "
                f"has {', '.join(others)}."
            )
        return SPLITS
    if found and all(name.lower() in _LIKE_SPLITS for name in found):
        raise DatasetError(
            f"dataset {dataset}: expected train/, test/ and perhaps val/ in {folder}, got "
            f"{', '.join(sorted(found))}. Call the folders so, or leave only class folders there."
        )
    return ()


def _refuse_splits_inside(folder: Path, names: list[str], dataset: str) -> None:
    for name in names:
        if {"train", "test"} <= {inner.lower() for inner in subfolders(folder / name)}:
            raise DatasetError(
                f"dataset {dataset}: expected train/ and test/ above the class folders, but they "
                f"are inside {folder / name}. Move the class folders into {folder}/train and "
                f"{folder}/test."
            )


def _classes(prefix: str, names: list[str]) -> list[LabelledFile]:
    return [(prefix + name, label, name.replace("_", " ")) for label, name in enumerate(names)]
