"""All packs of a machine, in one folder that may be deleted at any time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from weakref import WeakMethod

from orchestrator.pixels.cache.folder import pixel_folder
from orchestrator.pixels.cache.kept_pack import KeptPack
from orchestrator.pixels.cache.room import Room
from orchestrator.pixels.packs import Nothing, Pack, Packs

Tell = Callable[[str], None]

MOST_OPEN = 8
"""Packs that a process keeps open, so that trials in turns find theirs."""
NEEDED = 4
"""Packs that a trial reads, at most; others are closed where there is no room for more images."""


def _silent(text: str) -> None:
    del text


class PixelCache:
    """Keeps decoded images on the local disk, for all processes and runs of this machine.

    Args:
        folder: of all packs; made when the first image is kept.
        limit: the most bytes; who keeps an image may exceed it by that image.
        tell: takes each sentence on what goes wrong once. Nothing is raised.
    """

    def __init__(self, folder: Path, limit: int, tell: Tell = _silent) -> None:
        self._folder = folder
        self._room = Room(folder, limit, _weakly(self._close_idle))
        self._tell = _Once(tell)
        self._packs: OrderedDict[tuple[str, int], KeptPack] = OrderedDict()
        self._turn = threading.Lock()

    def pack(self, digest: str, rows: int) -> Pack:
        """The pack that a digest names, of a list of so many images; an empty one if it is new."""
        with self._turn:
            pack = self._packs.pop((digest, rows), None)
            if pack is None:
                pack = KeptPack(self._folder / digest, rows, self._room, self._tell)
            self._packs[digest, rows] = pack
        self._close_all_but(MOST_OPEN)
        pack.use()
        return pack

    def _close_idle(self) -> None:
        self._close_all_but(NEEDED)

    def _close_all_but(self, newest: int) -> None:
        with self._turn:
            while len(self._packs) > newest:
                self._packs.popitem(last=False)[1].close()


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """A method that doesn't keep its object alive: packs that nobody has any more are closed."""
    reference = WeakMethod(method)

    def call() -> None:
        if (found := reference()) is not None:
            found()

    return call


class _Once:
    """Tells each sentence once, whichever pack or thread says it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told: set[str] = set()
        self._turn = threading.Lock()

    def __call__(self, text: str) -> None:
        with self._turn:
            if text in self._told:
                return
            self._told.add(text)
        self._tell(text)


def opened(limit: int, tell: Tell = _silent) -> Packs:
    """The packs of this machine, of `limit` bytes together; none are kept if that is 0."""
    try:
        return PixelCache(pixel_folder(), limit, tell) if limit > 0 else Nothing()
    except RuntimeError:
        return Nothing()
