"""Adds an image to a pack, beside any number of others who do the same."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress

from orchestrator.pixels.cache.checked_number import read_number, write_number
from orchestrator.pixels.cache.locks import locked
from orchestrator.pixels.cache.open_pack import OpenPack
from orchestrator.pixels.cache.pack_folder import DATA, INDEX, Damaged
from orchestrator.pixels.cache.records import Record, place_of
from orchestrator.pixels.packs import Pixels


def append(pack: OpenPack, row: int, pixels: Pixels) -> None:
    """Adds the image of a row, unless somebody else has.

    The image is written first, then up to where the data are sound, then the record of the image.
    Bytes of those who were killed in between are written over, or left behind.

    Args:
        pack: the pack.
        row: of the image.
        pixels: the image `(H, W, 3)`.

    Raises:
        Damaged: data were cut off.
        FileNotFoundError: it was deleted, or a part of it.
        OSError: it can't be written.
    """
    index = pack.open_to_write(INDEX)
    with locked(index) as ours:
        if not ours or pack.record(row) is not None:
            return
        data = pack.open_to_write(DATA)
        try:
            record = _with_pixels(data, pixels, _end(index, data))
        finally:
            os.close(data)
        write_number(index, record.end)
        os.pwrite(index, record.to_bytes(row), place_of(row))


def _end(index: int, data: int) -> int:
    """Up to where the data are sound."""
    end = read_number(index)
    if end is None or end > os.fstat(data).st_size:
        raise Damaged
    return end


def _with_pixels(data: int, pixels: Pixels, end: int) -> Record:
    """Adds the bytes of an image to the data; a full disk takes all of them or none."""
    flat = pixels.reshape(-1).data
    try:
        written = 0
        while written < len(flat):
            written += os.pwrite(data, flat[written:], end + written)
    except OSError:
        with suppress(OSError):
            os.ftruncate(data, end)
        raise
    height, width, _ = pixels.shape
    return Record(end, height, width, zlib.crc32(flat))
