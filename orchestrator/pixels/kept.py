"""Images of a list that are kept as pixels, found by what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Self

from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing
from orchestrator.pixels.digests import decoded_digest, squared_digest
from orchestrator.pixels.packs import Nothing, Pack, Packs, Pixels


class KeptImages:
    """The pack of a list of images: in full size if they are augmented, and otherwise square.

    Splits whose images are in the same list share it, so that its files are looked at once.

    Attributes:
        how: the transform.

    Args:
        packs: keep images.
        dataset: opens them.
        listed: the list.
        how: see above.
    """

    def __init__(
        self, packs: Packs, dataset: Dataset, listed: Sequence[Item], how: Preprocessing
    ) -> None:
        self.how = how
        self._packs, self._dataset, self._listed = packs, dataset, listed

    @classmethod
    def of(
        cls, packs: Packs, dataset: Dataset, listed: Sequence[Item], how: Preprocessing
    ) -> Self | None:
        """As the class is made; None where packs keep nothing."""
        return None if isinstance(packs, Nothing) else cls(packs, dataset, listed, how)

    def find(self) -> None:
        """Finds the pack, before threads ask for its images."""
        _ = self._pack, self._rows

    def get(self, item: Item) -> Pixels | None:
        """The image `(H, W, 3)`; None if it must be made."""
        row = self._rows.get(item.reference)
        return None if row is None else self._pack.get(row)

    def put(self, item: Item, pixels: Pixels) -> None:
        """Keeps an image, if it is one of the list."""
        row = self._rows.get(item.reference)
        if row is not None:
            self._pack.put(row, pixels)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {item.reference: row for row, item in enumerate(self._listed)}

    @cached_property
    def _pack(self) -> Pack:
        if self.how.augmentation == "none":
            digest = squared_digest(self._dataset, self._listed, self.how)
        else:
            digest = decoded_digest(self._dataset, self._listed)
        return self._packs.pack(digest, len(self._listed))
