"""A Parquet file that lists images and their classes, or that holds the images themselves."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.identity.file_hashes import MISSING, UNREADABLE, sha256_of
from benchmarks.datasets.interface import Card, DatasetError, Item, Source, Split
from benchmarks.datasets.own.manifest import OPTIONAL, BadManifest, check_columns, check_rows
from benchmarks.datasets.own_split import Division


def holds_images(path: Path) -> bool:
    """Whether the `image` column of a Parquet file has the bytes of images, and not paths."""
    try:
        kind = pq.read_schema(path).field("image").type if path.is_file() else None
    except (OSError, pa.ArrowException, KeyError):
        return False  # the error is raised when the file is read
    return kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def read_parquet(path: Path, dataset: str) -> Division:
    """Reads and checks the manifest of a dataset whose `image` column has paths.

    Raises:
        BadManifest: it can't be read, or is invalid.
    """
    where = f"dataset {dataset}: {path}"
    table = read_table(path, where)
    return check_rows(_rows(table, table.column("image").to_pylist()), where)


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
            raise self.unreadable(item, str(error)) from None
        if not data:
            raise self.unreadable(item, "no bytes")
        return data

    def source(self) -> Source:
        return Source(f"the manifest {self.file}", "Correct it.")

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
        return check_rows(_rows(self.table, list(rows)), self._where)

    @property
    def _where(self) -> str:
        return f"dataset {self.card.name}: {self.file}"


class OwnParquetImages(ParquetImages):
    """A user's own Parquet file of images.

    Args:
        path: the file.
        card: name and templates.
    """

    upright = True

    def __init__(self, path: Path, card: Card) -> None:
        super().__init__(path.parent)
        self.card = card
        self.file = path

    def revision(self) -> str:
        return f"{self.division.origin} {super().revision()}"

    def remark(self) -> str:
        return self.division.remark(self.card.name)


def read_table(path: Path, where: str) -> pa.Table:
    """The columns of a manifest, which errors call `where`.

    Raises:
        BadManifest: the file can't be read, or has other columns.
    """
    try:
        file = pq.ParquetFile(path)  # `read_table` would import pandas
        check_columns(file.schema_arrow.names, where)
        return file.read()
    except (OSError, pa.ArrowException) as error:
        raise BadManifest(f"{where} is no readable Parquet file: {error}.") from None


def _rows(table: pa.Table, images: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered rows from 0, each with the image's name."""
    names = [name for name in ("class_name", *OPTIONAL) if name in table.column_names]
    columns = [table.column(name).to_pylist() for name in names]
    for number, (image, *values) in enumerate(zip(images, *columns, strict=True)):
        yield number, {"image": image, **dict(zip(names, values, strict=True))}
