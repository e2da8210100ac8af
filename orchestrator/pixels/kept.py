"""Images of a list that are kept as pixels, found by what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.datasets.interface import Item
from orchestrator.pixels.packs import Pack, Packs, Pixels


@dataclass(frozen=True)
class KeptImages:
    """A pack, and the rows of its images by their references.

    Attributes:
        pack: keeps the images.
        rows: row in it by reference.
    """

    pack: Pack
    rows: dict[str, int]

    @classmethod
    def of(cls, packs: Packs, digest: str, listed: Sequence[Item]) -> KeptImages:
        """The images of a list, whose pack a digest names."""
        rows = {item.reference: row for row, item in enumerate(listed)}
        return cls(packs.pack(digest, len(listed)), rows)

    def get(self, item: Item) -> Pixels | None:
        """The image `(H, W, 3)`; None if it must be made."""
        row = self.rows.get(item.reference)
        return None if row is None else self.pack.get(row)

    def put(self, item: Item, pixels: Pixels) -> None:
        """Keeps an image, if it is one of the list."""
        row = self.rows.get(item.reference)
        if row is not None:
            self.pack.put(row, pixels)
