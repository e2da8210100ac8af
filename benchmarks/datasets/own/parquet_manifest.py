"""A Parquet file that lists images and their classes, or that holds the images themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.interface import Card, Dataset, Item, Split
from benchmarks.datasets.own.csv_manifest import PathManifest
from benchmarks.datasets.own.manifest import (
    GIVEN,
    OPTIONAL,
    BadManifest,
    Manifest,
    check_columns,
    check_rows,
)


def open_parquet(path: Path, card: Card) -> Dataset:
    """The dataset in a Parquet file, whose `image` column has paths or the bytes of images."""
    try:
        kind = pq.read_schema(path).field("image").type if path.is_file() else None
    except (OSError, pa.ArrowException, KeyError):
        kind = None  # the error is raised when the file is read
    binary = kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
    return ParquetImages(path, card) if binary else ParquetPaths(path, card)


class ParquetPaths(PathManifest):
    """A Parquet manifest whose `image` column has paths."""

    def read(self) -> Manifest:
        return check_rows(_rows(_read(self._path), "image"), str(self._path))


class ParquetImages(EncodedDataset):
    """A Parquet file whose `image` column has the bytes of image files.

    Args:
        path: the file.
        card: name and templates.
    """

    upright = True

    def __init__(self, path: Path, card: Card) -> None:
        super().__init__(path.parent)
        self.card = card
        self._path = path

    def missing(self) -> str | None:
        return None if self._path.is_file() else f"{self._path} is not there."

    def class_names(self) -> tuple[str, ...]:
        named = {label: name for rows in self._listing.values() for _, label, name in rows}
        return tuple(named[label] for label in sorted(named))

    def items(self, split: Split) -> Sequence[Item]:
        return [Item(row, label) for row, label, _ in self._listing[split]]

    def encoded(self, item: Item) -> bytes:
        """The bytes of the image's file.

        Raises:
            ImageUnreadable: the file has no bytes for this image.
        """
        data: bytes | None = self._table.column("image")[int(item.reference)].as_py()
        if not data:
            raise self.unreadable(item, "no bytes")
        return data

    def revision(self) -> str:
        digest = hashlib.sha256(self._path.read_bytes()).hexdigest()
        return f"{self._manifest.origin} {digest}"

    def remark(self) -> str:
        origin = self._manifest.origin
        return "" if origin == GIVEN else f"{self.card.name}: {origin}"

    @property
    def _listing(self) -> dict[Split, list[tuple[str, int, str]]]:
        return self._manifest.listing

    @cached_property
    def _manifest(self) -> Manifest:
        return check_rows(_rows(self._table, None), str(self._path))

    @cached_property
    def _table(self) -> pa.Table:
        return _read(self._path)


def _read(path: Path) -> pa.Table:
    try:
        schema = pq.read_schema(path)
        check_columns(schema.names, str(path))
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise BadManifest(f"{path} is no readable Parquet file: {error}.") from None


def _rows(table: pa.Table, reference: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered rows from 0. Without a `reference` column, an image is named by its row."""
    names = [name for name in ("class_name", *OPTIONAL) if name in table.column_names]
    columns = {name: table.column(name).to_pylist() for name in names}
    images = range(table.num_rows) if reference is None else table.column(reference).to_pylist()
    for number, image in enumerate(images):
        values = {name: column[number] for name, column in columns.items()}
        yield number, {"image": str(image) if reference is None else image, **values}
