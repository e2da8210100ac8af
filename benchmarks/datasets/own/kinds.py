"""What kind of thing the path of a user's own dataset leads to."""

import os
from pathlib import Path
from typing import Literal, NoReturn

from benchmarks.datasets.folders import OWN
from benchmarks.datasets.interface import DatasetError

Kind = Literal["folder", "csv", "parquet", "other"]

ARCHIVES = (
    ".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".gz", ".xz", ".bz2", ".7z", ".rar",
)  # fmt: skip

_BY_ENDING: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip

MANIFESTS = tuple(_BY_ENDING)


def kind_of_path(path: Path) -> Kind:
    """Tells a folder, which may not be there, from a manifest, by the ending of its name."""
    if os.path.isdir(path):  # noqa: PTH112  (which also answers where a Path raises)
        return "folder"
    is_file, is_there = os.path.isfile(path), os.path.exists(path)  # noqa: PTH110, PTH113
    known = _BY_ENDING.get(path.suffix.lower())
    if known is not None and (is_file or not is_there):  # a pipe would be waited for
        return known
    return "other" if is_there else "folder"


def refuse(path: Path, dataset: str) -> NoReturn:
    """Refuses a file that is no manifest.

    Raises:
        DatasetError: always; says what to do with such a file.
    """
    name = path.name.lower()
    if name.endswith(ARCHIVES):
        remedy = "Unpack it, and give what was in it."
    elif path.suffix.lower() in OWN.suffixes:
        remedy = "It is an image: give the folder with the class folders."
    else:
        remedy = "Save a table as CSV."
    raise DatasetError(
        f"dataset {dataset}: expected a folder of class folders, or a manifest whose name ends in "
        f".csv, .tsv or .parquet, got the file {path}. {remedy}"
    )
