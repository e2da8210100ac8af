"""A folder of Parquet files that are named by split, as Hugging Face's datasets are stored."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.interface import SPLITS, Card, Source, Split
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.manifest import Cells
from benchmarks.datasets.own.parquet_columns import kind_of
from benchmarks.datasets.own.parquet_images import OwnParquetImages
from benchmarks.datasets.own.split_names import split_called
from benchmarks.datasets.tree.folder import Folder

Parts = dict[Path, Split]
"""The split of each file, in the order in which their rows are counted."""


_NAME = re.compile(r"([a-z]+)(-.*|[_.]?[0-9].*)?\.parquet", re.IGNORECASE)
_SHARD = re.compile(r"(.+)-[0-9]+-of-([0-9]+)\.parquet", re.IGNORECASE)


def parts_in(folder: Path) -> Parts:
    """The Parquet files of splits in a folder, or in `data/` or the only folder in it.

    They are called `train-00000-of-00002.parquet` and the like, or lie in `train/`. Empty where
    there are none.

    Raises:
        DatasetError: a folder can't be read.
    """
    outer = Folder(folder)
    inner = outer.contents().folders
    places = [outer, *(outer / name for name in inner if name == "data" or len(inner) == 1)]
    found = next((parts for place in places if (parts := dict(_parts(place)))), {})
    order = sorted(found, key=lambda path: (SPLITS.index(found[path]), path.name))
    return {path: found[path] for path in order}


def _parts(folder: Folder) -> Iterator[tuple[Path, Split]]:
    files, folders = folder.contents()
    for name in files:
        named = _NAME.fullmatch(name)
        split = split_called(named[1]) if named else None
        if split is not None:
            yield folder.path / name, split
    for name in folders:
        split = split_called(name)
        files, inner = (folder / name).contents() if split else ([], [])
        if split and not inner and all(file.lower().endswith(".parquet") for file in files):
            yield from ((folder.path / name / file, split) for file in files)


def absent_shard(paths: Collection[Path]) -> Path | None:
    """The first file that is lacking where others are called `train-00001-of-00002.parquet`."""
    found = ((path.parent, _SHARD.fullmatch(path.name)) for path in paths)
    shards = {(folder, shard[1], shard[2]) for folder, shard in found if shard}
    for folder, stem, total in sorted(shards):
        for number in range(int(total)):
            path = folder / f"{stem}-{number:0{len(total)}}-of-{total}.parquet"
            if path not in paths:
                return path
    return None


class OwnParquetFolder(OwnParquetImages):
    """A user's own images in Parquet files that are named by split.

    Args:
        folder: of the files.
        parts: the files.
        card: name and templates.
    """

    def __init__(self, folder: Path, parts: Parts, card: Card) -> None:
        super().__init__(folder, card, parts)

    def missing(self) -> str | None:
        absent = absent_shard(self._parts)
        if absent is not None:
            return f"{absent} is not there, though other parts of it are. Download it."
        there = [split for split in SPLITS if split in self._parts.values()]
        if "test" not in there:
            return (
                f"{self.file} has Parquet files of {shown(there)}, and none of test. Add one, or "
                f"give a single file as the path, which is split 70/10/20."
            )
        return super().missing()

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
