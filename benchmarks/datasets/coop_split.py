"""Datasets in CoOp's layout: an image folder and a JSON file with the three splits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from benchmarks.datasets.image_folder import ImageFolderDataset, LabelledFile
from benchmarks.datasets.interface import DatasetError, Split

SPLITS: tuple[Split, ...] = ("train", "val", "test")

GUIDE = (
    "Lay the folder out as CoOp's DATASETS.md describes (github.com/KaiyangZhou/CoOp), "
    "split file included"
)


class CoopSplitDataset(ImageFolderDataset):
    """Reads `split_zhou_*.json`: for each split a list of [path, label, class name].

    Class attributes:
        split_file: name of the JSON file.
        renamed: class names to replace.
        from_file: the splits that the file holds.
    """

    split_file: str
    renamed: Mapping[str, str] = {}
    from_file: tuple[Split, ...] = SPLITS

    def split_name(self) -> str:
        """Name of the split file below the dataset's folder."""
        return self.split_file

    def needed(self) -> tuple[str, ...]:
        return (self.split_name(),)

    def listing(self) -> dict[Split, list[LabelledFile]]:
        document = self._document()
        return {split: self._rows(document, split) for split in self.from_file}

    def revision(self) -> str:
        return self.split_name()

    def _document(self) -> dict[str, Any]:
        path = self.folder / self.split_name()
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"dataset {self.card.name}: {path} is not readable JSON ({error}). "
                f"Download the split file again."
            ) from None
        if not isinstance(document, dict):
            raise DatasetError(
                f"dataset {self.card.name}: {path} must hold the keys train, val and test, "
                f"got {type(document).__name__}."
            )
        return document

    def _rows(self, document: dict[str, Any], split: Split) -> list[LabelledFile]:
        rows = document.get(split)
        if not isinstance(rows, list) or not all(map(_is_row, rows)):
            raise DatasetError(
                f"dataset {self.card.name}: in {self.split_name()}, {split!r} must be a list of "
                f"[path, label, class name]. Download the split file again."
            )
        return [
            (str(path), int(label), self._readable(str(name)))
            for path, label, name in cast(list[tuple[str, int, str]], rows)
        ]

    def _readable(self, name: str) -> str:
        return self.renamed.get(name, name).replace("_", " ")


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and len(row) == 3 and str(row[1]).isdigit()
