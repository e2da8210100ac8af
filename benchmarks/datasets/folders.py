"""Reads class folders, text lists and JSON files, in the same order on every machine."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own_split import LabelledFile

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)


def subfolders(folder: Path, ignored: Collection[str] = ()) -> list[str]:
    """Names of the visible folders in a folder, sorted; empty when it isn't there."""
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.name not in ignored and entry.is_dir()
    )


def image_names(folder: Path) -> list[str]:
    """Names of the visible image files in a folder, sorted; empty when it isn't there."""
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.suffix.lower() in IMAGE_SUFFIXES
    )


def visible_entries(folder: Path) -> int:
    """How many entries a folder has that aren't hidden; 0 when it isn't there."""
    if not folder.is_dir():
        return 0
    return sum(not entry.name.startswith(".") for entry in folder.iterdir())


def images_in(base: Path, folders: Iterable[LabelledFile]) -> list[LabelledFile]:
    """All images in folders below `base`, each folder given with its label and class name."""
    return [
        (f"{folder}/{file}", label, name)
        for folder, label, name in folders
        for file in image_names(base / folder)
    ]


def read_lines(path: Path, dataset: str) -> list[str]:
    """The non-empty lines of a text file, without blanks around them.

    Raises:
        DatasetError: the file can't be read as UTF-8 text.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"dataset {dataset}: can't read {path}: {error}.") from None
    return [line.strip() for line in lines if line.strip()]


def read_json(path: Path, dataset: str) -> dict[str, Any]:
    """The mapping in a JSON file.

    Raises:
        DatasetError: the file is missing, is not JSON, or holds no mapping.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"dataset {dataset}: {path} is not readable JSON ({error}). Download it again."
        ) from None
    if not isinstance(document, dict):
        raise DatasetError(
            f"dataset {dataset}: {path} must hold a mapping, got {type(document).__name__}."
        )
    return document
