"""A user's own images in the rows of Parquet files."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from posixpath import normpath

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.identity.file_hashes import MISSING, Announce, silent, stamps_of
from benchmarks.datasets.identity.row_hashes import HashedRows, RowHashes
from benchmarks.datasets.interface import SPLITS, Card, Item, Source, Split
from benchmarks.datasets.items import Items
from benchmarks.datasets.looking import present
from benchmarks.datasets.own.manifest import Cells, check_rows
from benchmarks.datasets.own.parquet_columns import columns_of, listed_classes, read_facts
from benchmarks.datasets.own.parquet_manifest import rows_of, values_of
from benchmarks.datasets.own.row_images import RowImages
from benchmarks.datasets.own_split import Division, in_order_of_paths


class OwnParquetImages(EncodedDataset):
    """A user's own Parquet files of images. Where these have paths, keys are those of the files
    in class folders: the images are known by path and contents, not by the file that holds them.

    Args:
        path: the file, or the folder that holds all of them.
        card: name and templates.
        parts: the files, with the split of each one's rows; None as split leaves it to the rows.
            By default the one file.
    """

    upright = True
    identified_by = "sha256"

    def __init__(
        self, path: Path, card: Card, parts: Mapping[Path, Split | None] | None = None
    ) -> None:
        super().__init__(path.parent)
        self.card = card
        self.file = path
        self._parts = {path: None} if parts is None else dict(parts)

    def missing(self) -> str | None:
        absent = next((path for path in self._parts if not present(path)), None)
        return None if absent is None else f"{absent} is not there. {self.card.how_to_get}"

    def class_names(self) -> tuple[str, ...]:
        named = {label: name for rows in self.division.listing.values() for _, label, name in rows}
        return tuple(named[label] for label in sorted(named))

    def items(self, split: Split) -> Sequence[Item]:
        return self._items[split]

    def encoded(self, item: Item) -> bytes:
        """The bytes of the image's file.

        Raises:
            ImageUnreadable: no file has bytes for this image.
            DatasetError: a file can't be read.
        """
        row = self._rows.get(item.reference)
        if row is None:
            raise self.unreadable(item, f"no row has it in {self.file}")
        part = self._part(row)
        data = self._files[part].image(row - self._starts[part])
        if not data:
            raise self.unreadable(item, "no bytes")
        return data

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        rows = self._rows
        found = [one for file in self._hashes for one in file.sha256(announce)]
        places = (rows.get(item.reference) for item in items)
        return [MISSING if place is None else found[place] for place in places]

    def stamps(self, items: Sequence[Item]) -> Sequence[str]:
        """Hashes with the state of the file, which tells one that was changed and restored."""
        states, found = stamps_of(map(str, self._parts)), self.fingerprints(items)
        places = (self._rows.get(item.reference) for item in items)
        return [
            one if place is None else f"{one} {states[self._part(place)]}"
            for one, place in zip(found, places, strict=True)
        ]

    def source(self) -> Source:
        notes = columns_of(self._files[0].path, self._where(self._files[0].path)).notes
        text = f"the manifest {self.file}"
        return Source(text, "Correct it.", notes=(*notes, *self.division.notes))

    def revision(self) -> str:
        return self.division.origin

    def place(self) -> str:
        return str(self.file.absolute())

    def remark(self) -> str:
        return self.division.remark(self.card.name)

    @cached_property
    def division(self) -> Division:
        """The images by split, each named by its path, or else by its row counted from 0.

        Raises:
            DatasetError: a file can't be read, or is invalid.
        """
        listed = listed_classes(self._files[0].path, self._where(self._files[0].path))
        rows = enumerate(self._cells)
        division = check_rows(rows, self._where(self.file), listed=listed)
        return in_order_of_paths(division) if self._named else division

    @cached_property
    def _items(self) -> Mapping[Split, Items]:
        listing = self.division.listing
        return {s: Items([r[0] for r in listing[s]], [r[1] for r in listing[s]]) for s in SPLITS}

    @cached_property
    def _cells(self) -> list[Cells]:
        """The rows of all files, each with the image's path or its number."""
        rows = [row for path, split in self._parts.items() for row in self.cells_of(path, split)]
        names = [normpath(str(row["image"] or "").strip()) for row in rows]
        whole = "." not in names and len(set(names)) == len(rows)
        given = names if whole else map(str, range(len(rows)))
        return [{**row, "image": name} for row, name in zip(rows, given, strict=True)]

    def cells_of(self, path: Path, split: Split | None) -> Iterator[Cells]:
        """The rows of a file, with the images' paths, if it has any; reads no image.

        Raises:
            DatasetError: the file can't be read.
        """
        where = self._where(path)
        table = read_facts(path, where)
        named = "name" in table.column_names
        names = values_of(table, "name", where) if named else [None] * table.num_rows
        for _, cells in rows_of(table, names, where):
            yield cells if split is None else {**cells, "split": split}

    @property
    def _named(self) -> bool:
        """Whether the images have paths."""
        return any(cells["image"] != str(row) for row, cells in enumerate(self._cells))

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {str(cells["image"]): row for row, cells in enumerate(self._cells)}

    @cached_property
    def _files(self) -> list[RowImages]:
        return [RowImages(path, self._where(path)) for path in self._parts]

    @cached_property
    def _starts(self) -> list[int]:
        """The number of each file's first row, counted over all files."""
        return [0, *accumulate(file.rows for file in self._files)][:-1]

    def _part(self, row: int) -> int:
        """The number of the file that holds a row."""
        return bisect_right(self._starts, row) - 1

    @cached_property
    def _hashes(self) -> list[RowHashes]:
        return [RowHashes(HashedRows(f.path, f.column, f.rows, f.batches)) for f in self._files]

    def _where(self, path: Path) -> str:
        return f"dataset {self.card.name}: {path}"
