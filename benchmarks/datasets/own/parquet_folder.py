"""A folder of Parquet files that are named by split, as Hugging Face's datasets are stored."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.interface import SPLITS, Card, Source, Split
from benchmarks.datasets.looking import contents
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.manifest import Cells
from benchmarks.datasets.own.parquet_columns import kind_of
from benchmarks.datasets.own.parquet_images import OwnParquetImages
from benchmarks.datasets.own.split_names import split_called

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
        super().__init__(folder, card, parts)

    def source(self) -> Source:
        source = super().source()
        return replace(source, text=f"the Parquet files in {self.file}", remedy="Correct them.")

    def cells_of(self, path: Path, split: Split | None) -> Iterator[Cells]:
        if kind_of(path) not in ("bytes", None):
            raise BadManifest(
                f"dataset {self.card.name}: {path}: where Parquet files lie in a folder, they must "
                f"have the bytes of images in the column 'image', not paths. Put their rows into "
                f"one file."
            )
        return super().cells_of(path, split)
