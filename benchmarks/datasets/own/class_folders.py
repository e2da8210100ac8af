"""A folder of class folders, with or without train, val and test folders above them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from benchmarks.datasets.class_names import named_by_codes, one_form, refuse_alike, shown
from benchmarks.datasets.folders import OWN, holds_files, subfolders
from benchmarks.datasets.interface import SPLITS, DatasetError
from benchmarks.datasets.own.misplaced import (
    hint,
    refuse_flat,
    refuse_splits_inside,
    refuse_unclear_splits,
)
from benchmarks.datasets.own.split_folders import find_split_folders
from benchmarks.datasets.own_split import Division, Listing, own_division
from benchmarks.datasets.tree.folder import Folder

GIVEN = "split folders"  # part of keys


def divide_folders(folder: Folder, dataset: str) -> Division:
    """The images in `<class>/<image>`, split 70/10/20; or in `{train,val,test}/<class>/<image>`.

    There may be test/ alone, on which nothing is trained.

    Images may lie in folders inside a class folder. Labels follow the sorted names of the class
    folders; in class names, underscores become blanks. Folders without any file are no classes.

    Raises:
        DatasetError: there are fewer than two classes, two of one name, or unexpected folders.
    """
    above = find_split_folders(folder, dataset)
    parts = above.by_split or {"train": "."}
    found = {part: _images(folder / part) for part in parts.values()}
    named = _named(found, folder, dataset)
    refuse_flat(folder, above.by_split.values(), dataset)
    if not found[parts.get("test", ".")]:
        raise DatasetError(
            f"dataset {dataset}: {folder / parts['test']} has no class folders with images."
        )
    # Of each part all, there or not: beside them, images of no class are looked for.
    classes = tuple((_inside(part, n), *named[n]) for part in found for n in named)
    listing: Listing = {split: [] for split in SPLITS}
    for split, part in parts.items():
        for name, images in found[part].items():
            place = _inside(part, name)
            listing[split] += [(f"{place}/{image}", *named[name]) for image in images]
    if above.by_split:
        division = Division(listing, GIVEN, classes)
    else:
        refuse_splits_inside(folder, found["."], dataset)
        refuse_unclear_splits(folder, found["."], dataset)
        division = own_division(listing["train"], classes)
    empty = [_inside(p, n) for p in found for n in subfolders(folder / p) if n not in found[p]]
    coded = named_by_codes([name for _, name in sorted(set(named.values()))])
    return replace(division, notes=(*coded, *_notes(empty, above.without_images)))


def _images(folder: Folder) -> dict[str, list[str]]:
    """The images in each folder in a folder, but in those that are empty."""
    found = {name: OWN.paths(folder / name) for name in subfolders(folder)}
    return {name: paths for name, paths in found.items() if paths or holds_files(folder / name)}


def _named(
    there: Mapping[str, Collection[str]], folder: Folder, dataset: str
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
        refuse_alike(list(of_part), where)
    labels = {name: label for label, name in enumerate(names)}
    return {written: (labels[form], form.replace("_", " ")) for written, form in forms.items()}


def _inside(part: str, name: str) -> str:
    return name if part == "." else f"{part}/{name}"


def _notes(empty: Sequence[str], without_images: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if empty:
        notes.append(f"empty folders are ignored: {shown(f'{name}/' for name in empty)}")
    if without_images:
        named = shown(f"{name}/" for name in without_images)
        notes.append(f"folders without images beside those of the splits are ignored: {named}")
    return tuple(notes)
