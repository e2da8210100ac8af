"""What is kept of pixels on this machine, for those who ask how much room it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.pixels.cache.pack_folder import size_of
from orchestrator.pixels.cache.room import packs_in


@dataclass(frozen=True)
class Kept:
    """How much is kept.

    Attributes:
        size: in bytes.
        lists: of images.
    """

    size: int
    lists: int


def kept_in(folder: Path) -> Kept:
    """What a folder of packs holds; nothing if it isn't there. Looks at no image."""
    try:
        sizes = [size_of(pack) for pack in packs_in(folder)]
    except OSError:
        return Kept(0, 0)
    return Kept(sum(sizes), len(sizes))
