"""How much the packs of a machine may take, and which of them go when there is no room."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from rich.filesize import decimal

from orchestrator.pixels.cache.checked_number import read_number, write_number
from orchestrator.pixels.cache.locks import locked
from orchestrator.pixels.cache.pack_folder import ABOUT, NEW, OLD, delete, discard, is_open, size_of

HELD = "held"
"""The file that says how many bytes all packs take together."""
REST = 10.0
"""Seconds after which a process looks again whether there is room, once there was none."""
_ABANDONED = 3600.0
"""Seconds after which nobody is still making a folder."""
_DISK_SHARE, _DISK_LEAST, _DISK_MOST = 0.05, 2 * 10**9, 20 * 10**9
"""What stays free of a disk: a share of it, within two numbers of bytes."""


class NoRoom(Exception):
    """Nothing more can be kept. Says what to do."""


class Room:
    """Gives room to who adds images, up to a limit for all processes together.

    How much is taken stands in a file, which is counted anew when it says that nothing is left. It
    never says too little, by more than what is just being written: room is taken before it is used.

    Args:
        folder: of all packs.
        limit: the most bytes.
        let_go: closes the packs that this process has open and no longer needs.
    """

    def __init__(self, folder: Path, limit: int, let_go: Callable[[], None]) -> None:
        self._folder = folder
        self._limit = limit
        self._let_go = let_go
        self._closed_until = 0.0

    def take(self, size: int) -> bool:
        """Takes room for so many bytes; False if there is none just now.

        Packs that were not used for the longest time are deleted for it, but none that a living
        process has open.

        Raises:
            NoRoom: there is none; said once in a while.
            OSError: the folder can't be read or written.
        """
        if time.monotonic() < self._closed_until:
            return False
        file = os.open(self._folder / HELD, os.O_RDWR | os.O_CREAT, 0o666)
        with locked(file) as ours:
            if not ours:
                return False
            held = read_number(file)
            if held is None or held + size > self._limit or self._lacks_disk(size):
                held = self._counted()
                held -= self._make_room(held, size)
            why = self._why_not(held, size)
            write_number(file, held if why else held + size)
        if why:
            self._closed_until = time.monotonic() + REST
            raise NoRoom(why)
        return True

    def _make_room(self, held: int, size: int) -> int:
        """Deletes packs until there is room; returns how many bytes became free."""
        freed = 0
        self._let_go()
        for folder in _oldest_first(self._folder):
            if held - freed + size <= self._limit and not self._lacks_disk(size):
                break
            if not is_open(folder):
                there = size_of(folder)
                with suppress(OSError):  # it may belong to somebody else
                    discard(folder)
                    freed += there
        return freed

    def _counted(self) -> int:
        """Bytes of all that lies there, after what others left behind was deleted."""
        for folder in self._folder.iterdir():
            if folder.name.startswith(OLD) or _is_abandoned(folder):
                delete(folder)
        return sum(size_of(folder) for folder in self._folder.iterdir() if folder.name != HELD)

    def _lacks_disk(self, size: int) -> bool:
        disk = os.statvfs(self._folder)
        spare = left_free(disk.f_blocks * disk.f_frsize)
        return disk.f_bavail * disk.f_frsize - size < spare

    def _why_not(self, held: int, size: int) -> str:
        """Why there is no room; empty if there is."""
        if held + size > self._limit:
            return (
                f"the pixel cache is full ({decimal(self._limit)}): images that are not in it "
                f"are decoded anew in each step; give --pixel-cache more, or delete "
                f"{self._folder}"
            )
        if self._lacks_disk(size):
            return (
                f"the disk of the pixel cache is nearly full: images that are not in it are "
                f"decoded anew in each step; make room around {self._folder}"
            )
        return ""


def left_free(disk: int) -> float:
    """Bytes that stay free, for others, of a disk of so many bytes."""
    return min(max(disk * _DISK_SHARE, _DISK_LEAST), _DISK_MOST)


def packs_in(folder: Path) -> Iterator[Path]:
    """What lies in the folder of all packs, but what is being made or deleted.

    Raises:
        OSError: the folder can't be read.
    """
    for found in folder.iterdir():
        if found.name != HELD and not found.name.startswith((NEW, OLD)):
            yield found


def _oldest_first(folder: Path) -> list[Path]:
    return sorted(packs_in(folder), key=_last_use)


def _last_use(folder: Path) -> float:
    try:
        return (folder / ABOUT).stat().st_mtime
    except OSError:
        return 0.0  # no pack


def _is_abandoned(folder: Path) -> bool:
    if not folder.name.startswith(NEW):
        return False
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime > _ABANDONED
    return False
