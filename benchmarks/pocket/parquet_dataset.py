"""A generated dataset of the pocket, in one Parquet file."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.identity.file_hashes import MISSING, UNREADABLE, sha256_of
from benchmarks.datasets.interface import DatasetError, ImageUnreadable, Item, Source, Split
from benchmarks.datasets.own.manifest import check_rows
from benchmarks.datasets.own.parquet_columns import read_table
from benchmarks.datasets.own.parquet_manifest import rows_of
from benchmarks.datasets.own_split import Division
from benchmarks.quoting import brief

EMBEDDED = "It comes with the project; reinstall the project or run `git checkout` on it."


class ParquetDataset(EncodedDataset):
    """A Parquet file with the columns image (the bytes of image files), label, class_name, split.

    It is small, so all of it is held in memory.

    Class attributes:
        file: the Parquet file.
    """

    file: Path

    def unreadable(self, item: Item, reason: str) -> ImageUnreadable:
        return ImageUnreadable(self.card.name, f"row {item.reference}", reason)

    def missing(self) -> str | None:
        return None if self.file.is_file() else f"{self.file} is not there. {self.card.how_to_get}"

    def class_names(self) -> tuple[str, ...]:
        named = {label: name for rows in self.division.listing.values() for _, label, name in rows}
        return tuple(named[label] for label in sorted(named))

    def items(self, split: Split) -> Sequence[Item]:
        return [Item(row, label) for row, label, _ in self.division.listing[split]]

    def encoded(self, item: Item) -> bytes:
        """The bytes of the image's file.

        Raises:
            ImageUnreadable: the file has no bytes for this image.
        """
        try:
            data: bytes | None = self.table.column("image")[int(item.reference)].as_py()
        except (ValueError, IndexError) as error:
            raise self.unreadable(item, brief(error)) from None
        if not data:
            raise self.unreadable(item, "no bytes")
        return data

    def source(self) -> Source:
        notes = self.division.notes
        return Source(f"the manifest {self.file}", "Correct it.", notes=notes)

    def revision(self) -> str:
        (digest,) = sha256_of([str(self.file)])
        if digest in (MISSING, UNREADABLE):
            raise DatasetError(f"dataset {self.card.name}: {self.file} is {digest}.")
        return digest

    def place(self) -> str:
        return str(self.file.absolute())

    @cached_property
    def table(self) -> pa.Table:
        """The whole file.

        Raises:
            DatasetError: it is missing or damaged.
        """
        try:
            return read_table(self.file, str(self.file))
        except DatasetError as error:
            raise DatasetError(
                f"dataset {self.card.name}: it is missing or damaged: {error} {EMBEDDED}"
            ) from None

    @cached_property
    def division(self) -> Division:
        """The images by split, each named by its row, counted from 0.

        Raises:
            DatasetError: the file can't be read, or is invalid.
        """
        rows = map(str, range(self.table.num_rows))
        return check_rows(rows_of(self.table, list(rows), self._where), self._where)

    @property
    def _where(self) -> str:
        return f"dataset {self.card.name}: {self.file}"
