"""A pack that this process has open to read: its index, and its images in mapped memory."""

from __future__ import annotations

import errno
import mmap
import os
import stat
import zlib
from array import array
from pathlib import Path

import numpy as np

from orchestrator.pixels.cache.checked_number import read_number
from orchestrator.pixels.cache.locks import try_lock
from orchestrator.pixels.cache.pack_folder import ABOUT, DATA, INDEX, Damaged, check
from orchestrator.pixels.cache.records import CHANNELS, RECORD, Record, place_of
from orchestrator.pixels.packs import Pixels

_LONGEST_ABOUT = 1000


class Busy(Exception):
    """Somebody else is deleting the pack, or looks whether it can be."""


class OpenPack:
    """Reads a pack's images. Files are closed when nobody refers to it any more.

    Images are given as views of mapped memory, which all processes of a machine share. Before that
    each is read in the usual way, once, to compare its checksum: if the disk can't be read, that
    is an error, while touching mapped memory would end the process.

    Args:
        folder: of the pack.
        rows: how many images the list has.

    Raises:
        Busy: it is just being deleted.
        Damaged: something else lies there.
        FileNotFoundError: nothing lies there.
        OSError: it can't be read.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        self._files = _Files(folder)
        self._about = self._files.open(ABOUT)
        if not try_lock(self._about, shared=True):
            raise Busy
        self._index, self._data = self._files.open(INDEX), self._files.open(DATA)
        check(folder, rows, os.pread(self._about, _LONGEST_ABOUT, 0), os.fstat(self._index).st_size)
        self._verified = array("Q", bytes(8 * rows))
        self._end = 0
        self._mapping: mmap.mmap | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether the pack is no longer in its place, so that nobody would find what is added."""
        return os.fstat(self._data).st_nlink == 0

    def touch(self) -> None:
        """Notes that the pack is used now.

        Raises:
            OSError: it belongs to somebody else.
        """
        os.utime(self._about)

    def open_to_write(self, name: str) -> int:
        """Opens a file of this very pack, and not of one that has taken its place since.

        Raises:
            FileNotFoundError: it was deleted.
            OSError: it can't be opened.
        """
        return self._files.open_to_write(name)

    def record(self, row: int) -> Record | None:
        """Where a sound image lies; None if the row has none.

        After a power failure the index may name images beyond the end of sound data, whose place
        others will take.

        Raises:
            OSError: the disk can't be read.
        """
        record = Record.from_bytes(os.pread(self._index, RECORD, place_of(row)), row)
        if record is None or record.end > os.fstat(self._data).st_size:
            return None
        if record.end > self._end:
            self._end = read_number(self._index) or 0
            if record.end > self._end:
                return None
        if self._verified[row] != record.offset + 1:  # 0 is none
            if not _is_sound(self._data, record):
                return None
            self._verified[row] = record.offset + 1
        return record

    def image(self, record: Record) -> Pixels:
        """The image of a sound record `(H, W, 3)`, as a read-only view.

        Raises:
            OSError: there is no memory to map it.
        """
        flat = np.frombuffer(self._mapped(record.end), np.uint8, record.size, record.offset)
        return flat.reshape(record.height, record.width, CHANNELS)

    def _mapped(self, end: int) -> mmap.mmap:
        """The data as mapped memory, at least up to a byte. Views keep what they were made of."""
        mapping = self._mapping
        if mapping is None or len(mapping) < end:
            size = os.fstat(self._data).st_size
            if size < end:
                raise OSError(errno.EIO, "its data were cut off meanwhile")
            try:
                mapping = mmap.mmap(self._data, size, prot=mmap.PROT_READ)
            except ValueError as error:  # they are just being cut off
                raise OSError(errno.EIO, str(error)) from error
            self._mapping = mapping
        return mapping


class _Files:
    """Opens the files of a folder; they are closed when no thread can read them any more."""

    def __init__(self, folder: Path) -> None:
        self._descriptors: list[int] = []
        try:
            self._folder = self._kept(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        except NotADirectoryError:
            raise Damaged from None

    def open(self, name: str) -> int:
        try:
            file = self._kept(os.open(name, os.O_RDONLY, dir_fd=self._folder))
        except FileNotFoundError:
            raise Damaged from None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise Damaged
        return file

    def open_to_write(self, name: str) -> int:
        return os.open(name, os.O_RDWR, dir_fd=self._folder)

    def _kept(self, descriptor: int) -> int:
        self._descriptors.append(descriptor)
        return descriptor

    def __del__(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)


def _is_sound(data: int, record: Record) -> bool:
    found = os.pread(data, record.size, record.offset)
    return len(found) == record.size and zlib.crc32(found) == record.checksum
