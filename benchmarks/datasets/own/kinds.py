"""What kind of thing the path of a user's own dataset leads to."""

import os
from pathlib import Path
from typing import Literal, NoReturn

from benchmarks.datasets.folders import OWN
from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own.not_class_folders import ARCHIVES

Kind = Literal["folder", "csv", "parquet", "other"]

_BY_ENDING: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


def kind_of_path(path: Path) -> Kind:
    """Tells a folder, which may not be there, from a manifest, by the ending of its name."""
    if os.path.isdir(path):  # noqa: PTH112  (which also answers where a Path raises)
        return "folder"
    known = _BY_ENDING.get(path.suffix.lower())
    if known is not None:
        return known
    return "other" if os.path.isfile(path) else "folder"  # noqa: PTH113


def refuse(path: Path, dataset: str) -> NoReturn:
    """Refuses a file that is no manifest.

    Raises:
        DatasetError: always; says what to do with such a file.
    """
    name = path.name.lower()
    if name.endswith(ARCHIVES):
        remedy = "Unpack the archive, and give the folder."
    elif path.suffix.lower() in OWN.suffixes:
        remedy = "It is an image: give the folder with the class folders."
    else:
        remedy = "Save a table as CSV."
    raise DatasetError(
        f"dataset {dataset}: expected a folder of class folders, or a manifest whose name ends in "
        f".csv, .tsv or .parquet, got the file {path}. {remedy}"
    )
