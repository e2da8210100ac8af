"""A CSV file that lists images and their classes."""

from __future__ import annotations

import csv
from abc import abstractmethod
from functools import cached_property
from pathlib import Path

from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own.manifest import (
    GIVEN,
    BadManifest,
    Manifest,
    check_columns,
    check_rows,
)
from benchmarks.datasets.own_split import Listing


class PathManifest(ImageFolderDataset):
    """Images as files, with paths relative to a manifest.

    Args:
        path: the manifest.
        card: name and templates.
    """

    image_folder = "."
    upright = True

    def __init__(self, path: Path, card: Card) -> None:
        super().__init__(path.parent)
        self.card = card
        self._path = path

    def needed(self) -> tuple[str, ...]:
        return (self._path.name,)

    def listing(self) -> Listing:
        return self._manifest.listing

    def revision(self) -> str:
        return self._manifest.origin

    def remark(self) -> str:
        origin = self._manifest.origin
        return "" if origin == GIVEN else f"{self.card.name}: {origin}"

    @abstractmethod
    def read(self) -> Manifest:
        """Reads and checks the manifest.

        Raises:
            BadManifest: it can't be read, or is invalid.
        """

    @cached_property
    def _manifest(self) -> Manifest:
        return self.read()


class CsvManifest(PathManifest):
    """A manifest with a header line, in UTF-8."""

    def read(self) -> Manifest:
        """Reads and checks the CSV file.

        Raises:
            BadManifest: it can't be read, or is invalid.
        """
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, strict=True)
                columns = [name for name in reader.fieldnames or () if name is not None]
                check_columns(columns, str(self._path))
                # Row 1 is the header, as in a spreadsheet.
                return check_rows(enumerate(reader, start=2), str(self._path))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise BadManifest(f"{self._path} is no readable CSV file in UTF-8: {error}.") from None
