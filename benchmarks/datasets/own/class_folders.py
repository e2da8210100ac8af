"""A folder of class folders, with or without train, val and test folders above them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from benchmarks.datasets.folders import image_names, subfolders
from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import SPLITS, Card, DatasetError
from benchmarks.datasets.own_split import OWN_SPLIT, LabelledFile, Listing, own_split

GIVEN = "split folders"


class ClassFolders(ImageFolderDataset):
    """`PATH/<class>/<image>`, split 70/10/20; or `PATH/{train,val,test}/<class>/<image>`.

    Labels follow the sorted names of the class folders; in class names, underscores become blanks.

    Args:
        path: the folder.
        card: name and templates.
    """

    image_folder = "."
    upright = True

    def __init__(self, path: Path, card: Card) -> None:
        super().__init__(path)
        self.card = card

    def listing(self) -> Listing:
        """All images by split.

        Raises:
            DatasetError: there are fewer than two classes, no test images, or unexpected folders.
        """
        listing = self._given() if self._has_splits else own_split(self._rows("", self._classes))
        if len(self._classes) < 2 or not listing["test"]:
            raise DatasetError(
                f"dataset {self.card.name}: expected at least two class folders with images in "
                f"{self.folder}, or train/ and test/ folders with class folders in them; found "
                f"the folders: {', '.join(subfolders(self.folder)) or 'none'}."
            )
        return listing

    def revision(self) -> str:
        return GIVEN if self._has_splits else OWN_SPLIT

    def remark(self) -> str:
        return "" if self._has_splits else f"{self.card.name}: {OWN_SPLIT}"

    @cached_property
    def _has_splits(self) -> bool:
        return {"train", "test"} <= set(subfolders(self.folder))

    @cached_property
    def _classes(self) -> list[str]:
        bases = [self.folder / split for split in SPLITS] if self._has_splits else [self.folder]
        return sorted({name for base in bases for name in subfolders(base)})

    def _given(self) -> Listing:
        others = set(subfolders(self.folder)) - set(SPLITS)
        if others:
            raise DatasetError(
                f"dataset {self.card.name}: beside train/ and test/, {self.folder} may only have "
                f"val/, but it has {', '.join(sorted(others))}."
            )
        return {split: self._rows(f"{split}/", self._classes) for split in SPLITS}

    def _rows(self, prefix: str, classes: list[str]) -> list[LabelledFile]:
        return [
            (f"{prefix}{name}/{file}", label, name.replace("_", " "))
            for label, name in enumerate(classes)
            for file in image_names(self.folder / prefix / name)
        ]
