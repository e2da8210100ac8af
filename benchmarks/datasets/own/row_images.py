"""Images in the rows of a Parquet file, of which a few row groups at most are in memory."""

import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.parquet_columns import bytes_column, bytes_in, open_parquet
from benchmarks.datasets.own.temporary_images import LaidOut, TemporaryImages
from benchmarks.datasets.packed.byte_cache import ByteCache
from benchmarks.datasets.texts import reason_of

GROUP_BYTES = 64 << 20
"""Bytes of row groups that are kept in memory. A larger group, and one that is needed again after
that, is laid into a temporary file: a row can't be read without those before it."""

BATCH_BYTES = 16 << 20
"""Bytes that are read at once, about, where a file is read from its beginning to its end."""

_MOST_ROWS = 1024  # of a batch: images that are alike may take little of the file, and much memory


class RowImages:
    """The images of a Parquet file, by row. Safe to use from many threads.

    Args:
        path: the file.
        where: names it in errors.
    """

    def __init__(self, path: Path, where: str) -> None:
        self.path = path
        self._where = where
        self._lock = Lock()
        self._groups: ByteCache[pa.ChunkedArray] = ByteCache(GROUP_BYTES)
        self._dropped: set[int] = set()
        self._disk = TemporaryImages()
        self._laid_out: dict[int, LaidOut] = {}

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        rows: int = self._file.metadata.num_rows
        return rows

    @cached_property
    def column(self) -> str:
        """The path of the column that holds the images."""
        return bytes_column(self._file, self._where)

    def image(self, row: int) -> bytes | None:
        """The bytes of an image; None if its row has none.

        Raises:
            IndexError: there is no such row.
            DatasetError: the file can't be read.
        """
        if not 0 <= row < self.rows:
            raise IndexError(f"no row {row} among {self.rows}")
        group = bisect_right(self._starts, row) - 1
        within = row - self._starts[group]
        with self._lock:  # the first thread that needs a group reads it for all
            held = self._group(group)
        data: bytes | None = held[within].as_py()
        return data

    def batches(self, groups: Iterable[int] | None = None) -> Iterator[Sequence[memoryview | None]]:
        """The images of all rows in order, some at a time.

        Args:
            groups: numbers of the row groups; None takes all.

        Raises:
            BadManifest: the file can't be read.
        """
        file = open_parquet(self.path, self._where)  # one reader is not for many threads
        for group in range(file.num_row_groups) if groups is None else groups:
            rows = self._rows_at_once(group)
            read = file.iter_batches(rows, [group], [self.column], use_threads=False)
            for batch in self._told(read):
                held = bytes_in(pa.chunked_array([batch.column(0)]))
                yield [None if (b := s.as_buffer()) is None else memoryview(b) for s in held]

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return open_parquet(self.path, self._where)

    @cached_property
    def _starts(self) -> list[int]:
        """The first row of each group."""
        groups = range(self._file.num_row_groups)
        sizes = [self._file.metadata.row_group(group).num_rows for group in groups]
        return [0, *accumulate(sizes)][:-1]

    def _bytes(self, group: int) -> int:
        """Bytes of a group's images, uncompressed."""
        facts = self._file.metadata.row_group(group)
        columns = map(facts.column, range(facts.num_columns))
        return sum(c.total_uncompressed_size for c in columns if c.path_in_schema == self.column)

    def _rows_at_once(self, group: int) -> int:
        rows: int = self._file.metadata.row_group(group).num_rows
        return max(1, min(_MOST_ROWS, rows * BATCH_BYTES // max(1, self._bytes(group))))

    def _group(self, group: int) -> pa.ChunkedArray | LaidOut:
        known = self._laid_out.get(group) or self._groups.get(group)
        if known is not None:
            return known
        if group in self._dropped or self._bytes(group) > GROUP_BYTES:
            return self._laid(group)
        try:
            read = self._file.read_row_group(group, columns=[self.column], use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(error) from None
        images = bytes_in(read.column(0))
        self._dropped.add(group)  # sooner or later
        self._groups.put(group, images, images.nbytes)
        return images

    def _laid(self, group: int) -> LaidOut:
        try:
            self._laid_out[group] = self._disk.lay_out(self.batches([group]))
        except OSError as error:
            raise DatasetError(
                f"{self._where}: {self._bytes(group) / 1e6:,.0f} MB of images, a row group, can't "
                f"be laid into a temporary file in {tempfile.gettempdir()}: {reason_of(error)}. "
                f"Set TMPDIR to a folder with room, or `querycurve datasets pack` it."
            ) from None
        return self._laid_out[group]

    def _told(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> BadManifest:
        return BadManifest(f"{self._where} is no readable Parquet file: {reason_of(error)}.")
