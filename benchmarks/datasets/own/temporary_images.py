"""Images in a temporary file, each of which can be read by itself."""

import os
import tempfile
from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import BinaryIO

import pyarrow as pa


class TemporaryImages:
    """A file without a name, in the folder for such files, which is gone when its process is."""

    def lay_out(self, batches: Iterable[Sequence[memoryview | None]]) -> "LaidOut":
        """Adds images to the file.

        Raises:
            OSError: there is no room for them.
        """
        start = self._file.seek(0, os.SEEK_END)
        ends, empty = array("q", [start]), set()
        for image in (image for batch in batches for image in batch):
            if image is None:
                empty.add(len(ends) - 1)
            ends.append(ends[-1] + self._file.write(image or b""))
        self._file.flush()
        return LaidOut(self._file, ends, empty)

    @cached_property
    def _file(self) -> BinaryIO:
        return tempfile.TemporaryFile()


class LaidOut:
    """Images one after another in a file. Safe to use from many threads.

    Args:
        file: the file.
        ends: where the first one starts and each one ends, in bytes.
        empty: places of those that are none.
    """

    def __init__(self, file: BinaryIO, ends: Sequence[int], empty: set[int]) -> None:
        self._file = file
        self._ends = ends
        self._empty = empty

    def __getitem__(self, place: int) -> pa.Scalar:
        """The bytes of an image, or null."""
        start, end = self._ends[place], self._ends[place + 1]
        data = os.pread(self._file.fileno(), end - start, start)
        return pa.scalar(None if place in self._empty else data, pa.binary())
