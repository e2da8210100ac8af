"""A Parquet file that lists images and their classes, or that holds the images themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.identity.file_hashes import MISSING, UNREADABLE, sha256_of
from benchmarks.datasets.interface import DatasetError, Item, Source, Split
from benchmarks.datasets.own.columns import OPTIONAL, BadManifest
from benchmarks.datasets.own.image_paths import ImagePaths
from benchmarks.datasets.own.manifest import check_rows
from benchmarks.datasets.own.parquet_columns import columns_of, kind_of, read_table
from benchmarks.datasets.own_split import Division, in_order_of_paths
from benchmarks.quoting import brief


def holds_images(path: Path) -> bool:
    """Whether the `image` column of a Parquet file has the bytes of images, and not paths."""
    return kind_of(path) == "bytes"


def read_parquet(path: Path, dataset: str) -> Division:
    """Reads and checks the manifest of a dataset whose `image` column has paths.

    Raises:
        BadManifest: it can't be read, or is invalid.
    """
    where = f"dataset {dataset}: {path}"
    table = read_table(path, where)
    rows = rows_of(table, values_of(table, "image", where), where)
    division = in_order_of_paths(check_rows(rows, where, ImagePaths(path.parent)))
    return replace(division, notes=(*columns_of(path, where).notes, *division.notes))


class ParquetImages(EncodedDataset):
    """A Parquet file whose `image` column has the bytes of image files.

    Attributes:
        file: the Parquet file.
    """

    file: Path

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
            DatasetError: it can't be read.
        """
        return read_table(self.file, self._where)

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


def values_of(table: pa.Table, column: str, where: str) -> list[Any]:
    """A column's values.

    Raises:
        BadManifest: one is of a kind that can't be read, or is text that is not in UTF-8.
    """
    try:
        values: list[Any] = table.column(column).to_pylist()
    except (ValueError, ArithmeticError, pa.ArrowException) as error:
        raise BadManifest(f"{where}: can't read the column {column!r}: {brief(error)}.") from None
    return values


def rows_of(
    table: pa.Table, images: Sequence[object], where: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered rows from 0, each with the image's name."""
    names = [name for name in ("class_name", *OPTIONAL) if name in table.column_names]
    columns = [values_of(table, name, where) for name in names]
    for number, (image, *values) in enumerate(zip(images, *columns, strict=True)):
        yield number, {"image": image, **dict(zip(names, values, strict=True))}
