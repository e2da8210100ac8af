"""Images of any shape and mode in memory, and packs in memory that may be damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.datasets.interface import Card, Dataset, ImageUnreadable, Item, Split
from orchestrator.pixels.packs import Pack, Pixels

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")
CARD = Card("pictures", "Pictures", 3, {"test": 4}, ("a photo of a {}.",), "They are made up.")


def picture(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """An image of random pixels."""
    numbers = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(numbers).convert(mode)


class Pictures(Dataset):
    """A dataset of images in memory. It counts how often they are opened.

    Args:
        pictures: the images; None for one that can't be read.
    """

    card = CARD

    def __init__(self, pictures: Sequence[Image.Image | None]) -> None:
        super().__init__(Path())
        self._pictures = pictures
        self.opened = 0

    def missing(self) -> str | None:
        return None

    def class_names(self) -> tuple[str, ...]:
        return ("cat", "dog", "owl")

    def items(self, split: Split) -> Sequence[Item]:
        return tuple(Item(str(n), n % 3) for n in range(len(self._pictures)))

    def open(self, item: Item) -> Image.Image:
        self.opened += 1
        found = self._pictures[int(item.reference)]
        if found is None:
            raise ImageUnreadable(CARD.name, item.reference, "it is broken")
        return found.copy()


class MemoryPack:
    """Keeps images in memory, read-only, but for those in `damaged` rows."""

    def __init__(self, damaged: frozenset[int]) -> None:
        self._damaged = damaged
        self.kept: dict[int, Pixels] = {}

    def get(self, row: int) -> Pixels | None:
        return None if row in self._damaged else self.kept.get(row)

    def put(self, row: int, pixels: Pixels) -> None:
        kept = np.array(pixels)
        kept.flags.writeable = False
        self.kept[row] = kept


class MemoryPacks:
    """Packs in memory.

    Args:
        damaged: rows that are never found again.
    """

    def __init__(self, damaged: frozenset[int] = frozenset()) -> None:
        self._damaged = damaged
        self._packs: dict[str, MemoryPack] = {}

    def pack(self, digest: str, rows: int) -> Pack:
        del rows
        return self._packs.setdefault(digest, MemoryPack(self._damaged))

    @property
    def packs(self) -> Mapping[str, MemoryPack]:
        """The packs by their digests."""
        return self._packs
