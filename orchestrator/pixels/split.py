"""Images of a split as tensors, decoded and transformed in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CHUNK = 256
"""Images that are encoded together, and are observed together where prompts change them."""
DECODERS = 4


@dataclass(frozen=True)
class ImageSplit:
    """Images of a split, and how they become tensors.

    Attributes:
        dataset: opens the images.
        items: the split, in order.
        preprocessing: the transform.
        name: which split it is, for messages.
    """

    dataset: Dataset
    items: tuple[Item, ...]
    preprocessing: Preprocessing
    name: str = "test"

    def pixels(self, size: int = CHUNK) -> Iterator[Tensor]:
        """Images as testing sees them, `(<= size, 3, S, S)` at a time, decoded ahead in threads.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        import torch

        with ThreadPoolExecutor(max_workers=DECODERS) as threads:
            ahead = threads.map(self._decode, self.items[:size])
            for following in range(size, len(self.items) + size, size):
                ready = torch.stack(list(ahead))
                ahead = threads.map(self._decode, self.items[following : following + size])
                yield ready

    def train(self, item: Item, generator: torch.Generator) -> Tensor:
        """One image `(3, S, S)` as training sees it, augmented by draws from `generator` alone.

        Raises:
            ImageUnreadable: the image is missing or corrupt.
        """
        return self.preprocessing.train(self.dataset.open(item), generator)

    @property
    def labels(self) -> list[int]:
        """Class indices, in order."""
        return [item.label for item in self.items]

    def some(self, rows: Sequence[int]) -> Tensor:
        """Images in some rows as testing sees them, `(n, 3, S, S)`.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        return decoded(lambda row: self._decode(self.items[row]), rows)

    def _decode(self, item: Item) -> Tensor:
        return self.preprocessing.test(self.dataset.open(item))


def decoded(image: Callable[[int], Tensor], rows: Sequence[int]) -> Tensor:
    """Images `(n, 3, S, S)`, each `(3, S, S)` made in a thread from its row."""
    import torch

    with ThreadPoolExecutor(max_workers=DECODERS) as threads:
        return torch.stack(list(threads.map(image, rows)))
