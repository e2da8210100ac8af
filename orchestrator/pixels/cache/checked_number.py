"""A number at the beginning of a file, with its checksum. Who changes it has locked the file."""

from __future__ import annotations

import os
import struct
import zlib

_NUMBER = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")
LENGTH = _NUMBER.size + _CHECKSUM.size
"""Bytes of it."""


def in_bytes(number: int) -> bytes:
    """The number as it lies in a file."""
    body = _NUMBER.pack(number)
    return body + _CHECKSUM.pack(zlib.crc32(body))


def read_number(file: int) -> int | None:
    """The number; None where nothing sound is written.

    Raises:
        OSError: the file can't be read.
    """
    data = os.pread(file, LENGTH, 0)
    if len(data) != LENGTH:
        return None
    number = int(_NUMBER.unpack(data[: _NUMBER.size])[0])
    return number if data == in_bytes(number) else None


def write_number(file: int, number: int) -> None:
    """Writes the number.

    Raises:
        OSError: the file can't be written.
    """
    os.pwrite(file, in_bytes(number), 0)
