"""The images of one list on the local disk: a pack that outlives runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from orchestrator.pixels.cache.append import append
from orchestrator.pixels.cache.open_pack import Busy, OpenPack
from orchestrator.pixels.cache.pack_folder import Damaged, discard, empty_size, make
from orchestrator.pixels.cache.records import CHANNELS
from orchestrator.pixels.cache.room import NoRoom, Room
from orchestrator.pixels.packs import Pixels

_TOUCH = 60.0
"""Seconds between two notes that a pack is used."""
_TRIES = 2
"""An open pack may have been deleted by others, and is then made anew."""


class KeptPack:
    """Keeps images in a folder; see `pack_folder`.

    What fails is told, and the image is as good as not there. An image is compared with its
    checksum when a process reads it for the first time.

    Args:
        folder: of the pack; made with the first image.
        rows: how many images the list has.
        room: whether more can be kept.
        tell: takes sentences on what goes wrong.
    """

    def __init__(self, folder: Path, rows: int, room: Room, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._rows = rows
        self._room = room
        self._tell = tell
        self._opened: OpenPack | None = None
        self._touched = -_TOUCH

    def get(self, row: int) -> Pixels | None:
        """The image of a row `(H, W, 3)`, read-only; None if it isn't there or is damaged."""
        try:
            pack = self._pack()
            record = pack.record(row) if pack is not None and self._has(row) else None
            return pack.image(record) if pack is not None and record is not None else None
        except OSError as error:
            self._failed(error)
            return None

    def put(self, row: int, pixels: Pixels) -> None:
        """Keeps the image of a row, if there is room. Others may keep the same one meanwhile.

        Raises:
            ValueError: it is no image of uint8 `(H, W, 3)`.
        """
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != CHANNELS:
            raise ValueError(f"expected uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}")
        if not pixels.size or not self._has(row):
            return
        try:
            self._put(row, np.ascontiguousarray(pixels))
        except NoRoom as full:
            self._tell(str(full))
        except Busy:
            pass
        except OSError as error:
            self._failed(error)

    def close(self) -> None:
        """Lets others delete the pack, until it is used again. Images that were given stay."""
        self._opened = None

    def use(self) -> None:
        """Notes that the pack is used, so that others go before it."""
        opened = self._opened  # others may close it meanwhile
        if opened is not None and time.monotonic() - self._touched > _TOUCH:
            self._touched = time.monotonic()
            with suppress(OSError):  # it may belong to somebody else
                opened.touch()

    def _put(self, row: int, pixels: Pixels) -> None:
        for _ in range(_TRIES):
            pack = self._pack()
            if pack is not None and pack.record(row) is not None:
                return
            if pack is None or not pack.is_deleted:
                if not self._room_for(pixels, new=pack is None):
                    return
                try:
                    append(pack or self._made(), row, pixels)
                except (Damaged, FileNotFoundError):
                    if pack is None or not pack.is_deleted:  # else another may be there by now
                        discard(self._folder)
                else:
                    return
            self._opened = None

    def _room_for(self, pixels: Pixels, *, new: bool) -> bool:
        """Takes room for an image, and for the pack's own files if it is new."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        return self._room.take(pixels.nbytes + new * empty_size(self._folder, self._rows))

    def _pack(self) -> OpenPack | None:
        """The pack, opened once; None if there is none. A damaged one is deleted."""
        opened = self._opened  # others may close it meanwhile
        if opened is None:
            try:
                self._opened = opened = OpenPack(self._folder, self._rows)
            except (Busy, FileNotFoundError):
                return None
            except Damaged:
                discard(self._folder)
                return None
            self.use()
        return opened

    def _made(self) -> OpenPack:
        """A new pack, or the one that somebody else has made meanwhile."""
        make(self._folder, self._rows)
        self._opened = opened = OpenPack(self._folder, self._rows)
        return opened

    def _has(self, row: int) -> bool:
        return 0 <= row < self._rows

    def _failed(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self._tell(
            f"the pixel cache in {self._folder.parent} can't be used ({reason}): images that are "
            f"not in it are decoded anew in each step"
        )
