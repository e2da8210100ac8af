"""A folder of Parquet files that are named by split, as Hugging Face's datasets are stored."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from benchmarks.datasets.identity.file_hashes import MISSING, UNREADABLE, sha256_of
from benchmarks.datasets.interface import SPLITS, Card, DatasetError, Source, Split
from benchmarks.datasets.looking import contents
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.parquet_columns import columns_of, kind_of, read_table
from benchmarks.datasets.own.parquet_manifest import OwnParquetImages
from benchmarks.datasets.own.split_names import split_called
from benchmarks.quoting import brief

Parts = dict[Path, Split]
"""The split of each file, in the order in which their rows are counted."""


def parts_in(folder: Path) -> Parts:
    """The files `train-00000-of-00002.parquet` and the like in a folder, or in `data/` in it.

    Empty where no file is called so.

    Raises:
        DatasetError: a folder can't be read.
    """
    found = dict(_parts(folder)) or dict(_parts(folder / "data"))
    order = sorted(found, key=lambda path: (SPLITS.index(found[path]), path.name))
    return {path: found[path] for path in order}


def _parts(folder: Path) -> Iterator[tuple[Path, Split]]:
    for name, inner in contents(folder):
        stem = name.lower().removesuffix(".parquet")
        split = None if inner or stem == name.lower() else split_called(stem.split("-")[0])
        if split is not None:
            yield folder / name, split


class OwnParquetFolder(OwnParquetImages):
    """A user's own images in Parquet files that are named by split.

    Args:
        folder: of the files.
        parts: the files.
        card: name and templates.
    """

    def __init__(self, folder: Path, parts: Parts, card: Card) -> None:
        super().__init__(folder, card)
        self._parts = parts

    def missing(self) -> str | None:
        return None

    def source(self) -> Source:
        first = next(iter(self._parts))
        notes = (*columns_of(first, self._where).notes, *self.division.notes)
        return Source(f"the Parquet files in {self.file}", "Correct them.", notes=notes)

    def revision(self) -> str:
        hashes = sha256_of([str(path) for path in self._parts])
        for path, found in zip(self._parts, hashes, strict=True):
            if found in (MISSING, UNREADABLE):
                raise DatasetError(f"dataset {self.card.name}: {path} is {found}.")
        return f"{self.division.origin} {hashlib.sha256(' '.join(hashes).encode()).hexdigest()}"

    @cached_property
    def table(self) -> pa.Table:
        """All files, one after another, with the split of each file's rows.

        Raises:
            DatasetError: one can't be read, or has no images.
        """
        tables = [self._part(path, split) for path, split in self._parts.items()]
        try:
            return pa.concat_tables(tables, promote_options="permissive")
        except pa.ArrowException as error:
            raise BadManifest(
                f"{self._where}: the files' columns are of different types: {brief(error)}."
            ) from None

    def _part(self, path: Path, split: Split) -> pa.Table:
        where = f"dataset {self.card.name}: {path}"
        table = read_table(path, where)
        if kind_of(path) != "bytes":
            raise BadManifest(
                f"{where}: where Parquet files lie in a folder, they must have the bytes of images "
                f"in the column 'image', not paths. Put their rows into one file."
            )
        kept = [name for name in table.column_names if name != "split"]
        return table.select(kept).append_column("split", pa.array([split] * table.num_rows))
