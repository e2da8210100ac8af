"""A folder of class folders, with or without train, val and test folders above them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.class_names import one_form, refuse_alike, shown
from benchmarks.datasets.folders import OWN, images_in, subfolders
from benchmarks.datasets.interface import SPLITS, DatasetError
from benchmarks.datasets.own.not_class_folders import hint
from benchmarks.datasets.own.split_folders import filled, find_split_folders
from benchmarks.datasets.own.split_names import split_called
from benchmarks.datasets.own_split import Division, Listing, own_division

GIVEN = "split folders"  # part of keys


def divide_folders(folder: Path, dataset: str) -> Division:
    """The images in `<class>/<image>`, split 70/10/20; or in `{train,val,test}/<class>/<image>`.

    Images may lie in folders inside a class folder. Labels follow the sorted names of the class
    folders; in class names, underscores become blanks. Folders without any file are no classes.

    Raises:
        DatasetError: there are fewer than two classes, two of one name, or unexpected folders.
    """
    above = find_split_folders(folder, dataset)
    everything = {part: subfolders(folder / part) for part in above.by_split.values() or (".",)}
    there = {part: filled(folder / part, names) for part, names in everything.items()}
    named = _named(there, folder, dataset)
    rows = {part: [(_inside(part, n), *named[n]) for n in names] for part, names in there.items()}
    classes = tuple(row for part in rows.values() for row in part)
    if above.by_split:
        listing: Listing = {
            split: images_in(folder, rows.get(above.by_split.get(split, ""), ()), OWN)
            for split in SPLITS
        }
        division = Division(listing, GIVEN, classes)
    else:
        _refuse_splits_inside(folder, there["."], dataset)
        division = own_division(images_in(folder, classes, OWN), classes)
    empty = {part: [n for n in everything[part] if n not in there[part]] for part in everything}
    return replace(division, notes=_notes(empty, above.without_images))


def _named(
    there: Mapping[str, list[str]], folder: Path, dataset: str
) -> dict[str, tuple[int, str]]:
    """Label and class name by the name of a folder; one name in two normal forms is one class.

    Raises:
        DatasetError: there are fewer than two classes, or two of one name.
    """
    forms = one_form(name for names in there.values() for name in names)
    names = sorted(set(forms.values()))
    if len(names) < 2:
        found = shown(subfolders(folder)) or "none"
        raise DatasetError(
            f"dataset {dataset}: expected at least two class folders with images in {folder}, or "
            f"train/ and test/ folders with class folders in them; found the folders: {found}."
            f"{hint(folder, there)}"
        )
    where = f"dataset {dataset}: the class folders in {folder}"
    for of_part in (*there.values(), names):
        refuse_alike(of_part, where)
    labels = {name: label for label, name in enumerate(names)}
    return {written: (labels[form], form.replace("_", " ")) for written, form in forms.items()}


def _inside(part: str, name: str) -> str:
    return name if part == "." else f"{part}/{name}"


def _refuse_splits_inside(folder: Path, names: Sequence[str], dataset: str) -> None:
    for name in names:
        inner = {split_called(inner) for inner in subfolders(folder / name)}
        if {"train", "test"} <= inner:
            raise DatasetError(
                f"dataset {dataset}: expected train/ and test/ above the class folders, but they "
                f"are inside {folder / name}. Move the class folders into {folder}/train and "
                f"{folder}/test."
            )


def _notes(empty: Mapping[str, Sequence[str]], without_images: Sequence[str]) -> tuple[str, ...]:
    notes = []
    folders = [f"{_inside(part, name)}/" for part, names in empty.items() for name in names]
    if folders:
        notes.append(f"empty folders are ignored: {shown(folders)}")
    if without_images:
        named = shown(f"{name}/" for name in without_images)
        notes.append(f"folders without images beside the splits are ignored: {named}")
    return tuple(notes)
