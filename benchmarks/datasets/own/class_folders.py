"""A folder of class folders, with or without train, val and test folders above them."""

from pathlib import Path

from benchmarks.datasets.folders import images_in, subfolders
from benchmarks.datasets.interface import SPLITS, DatasetError
from benchmarks.datasets.own_split import Division, LabelledFile, own_division

GIVEN = "split folders"  # part of keys


def divide_folders(folder: Path, dataset: str) -> Division:
    """The images in `<class>/<image>`, split 70/10/20; or in `{train,val,test}/<class>/<image>`.

    Labels follow the sorted names of the class folders; in class names, underscores become blanks.

    Raises:
        DatasetError: there are fewer than two classes, no test images, or unexpected folders.
    """
    found = subfolders(folder)
    has_splits = {"train", "test"} <= set(found)
    others = sorted(set(found) - set(SPLITS))
    if has_splits and others:
        raise DatasetError(
            f"dataset {dataset}: beside train/ and test/, {folder} may only have val/, but it has "
            f"{', '.join(others)}."
        )
    above = SPLITS if has_splits else (".",)
    classes = sorted({name for part in above for name in subfolders(folder / part)})
    if has_splits:
        listing = {split: _rows(folder, f"{split}/", classes) for split in SPLITS}
        division = Division(listing, GIVEN)
    else:
        division = own_division(_rows(folder, "", classes))
    if len(classes) < 2 or not division.listing["test"]:
        raise DatasetError(
            f"dataset {dataset}: expected at least two class folders with images in {folder}, or "
            f"train/ and test/ folders with class folders in them; found the folders: "
            f"{', '.join(found) or 'none'}."
        )
    return division


def _rows(folder: Path, prefix: str, classes: list[str]) -> list[LabelledFile]:
    named = [(prefix + name, label, name.replace("_", " ")) for label, name in enumerate(classes)]
    return images_in(folder, named)
