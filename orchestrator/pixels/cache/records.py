"""One row of a pack's index: where the image lies in the pack's data, and its checksums."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple, Self

from orchestrator.pixels.cache.checked_number import LENGTH

_FORM = struct.Struct("<QIII")  # offset, height, width, checksum of the pixels
_CHECKSUM = struct.Struct("<I")
RECORD = _FORM.size + _CHECKSUM.size
"""Bytes of a record. One that is all zeros says that the image isn't there."""

CHANNELS = 3


class Record(NamedTuple):
    """Where an image lies.

    Attributes:
        offset: of its first byte in the data.
        height: in pixels.
        width: in pixels.
        checksum: CRC-32 of its bytes.
    """

    offset: int
    height: int
    width: int
    checksum: int

    @property
    def size(self) -> int:
        """Bytes of the image."""
        return self.height * self.width * CHANNELS

    @property
    def end(self) -> int:
        """The first byte after the image."""
        return self.offset + self.size

    def to_bytes(self, row: int) -> bytes:
        """The record of a row as it lies in the index."""
        body = _FORM.pack(*self)
        return body + _CHECKSUM.pack(_own_checksum(body, row))

    @classmethod
    def from_bytes(cls, data: bytes, row: int) -> Self | None:
        """The record of a row; None if the image isn't there, or the record is damaged."""
        if len(data) != RECORD or not any(data):
            return None
        body = data[: _FORM.size]
        if _CHECKSUM.unpack(data[_FORM.size :])[0] != _own_checksum(body, row):
            return None
        record = cls(*_FORM.unpack(body))
        return record if record.size else None


def place_of(row: int) -> int:
    """Where a row's record begins in the index: after the number of bytes of sound data."""
    return LENGTH + row * RECORD


def _own_checksum(body: bytes, row: int) -> int:
    """Of the record itself; a record that was moved to another row doesn't fit."""
    return zlib.crc32(body, zlib.crc32(b"%d" % row))
