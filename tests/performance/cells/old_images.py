"""Images as they were made before packs: decoded and normalised anew each time, in 4 threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator
from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing

THREADS = 4
CHUNK = 256
"""Images that are encoded or measured together, so that sums round as they do now."""


@dataclass(frozen=True)
class Anew:
    """Images of a split, made anew from their files each time.

    Attributes:
        dataset: opens the images.
        items: the split, in order.
        shown: the transform of images that are measured, and of those that are not augmented.
        trained: the transform of training images.
        seed: drives the augmentation.
    """

    dataset: Dataset
    items: tuple[Item, ...]
    shown: Preprocessing
    trained: Preprocessing
    seed: int = 0

    def plain(self, row: int) -> Tensor:
        """One image `(3, S, S)` as testing sees it."""
        return self.shown.test(self.dataset.open(self.items[row]))

    def view(self, number: int, place: int, row: int) -> Tensor:
        """One augmented image `(3, S, S)`; step and position drive it, or view and row."""
        generator = augmentation_generator(self.seed, number, place)
        return self.trained.train(self.dataset.open(self.items[row]), generator)

    def labels(self, rows: Sequence[int]) -> Tensor:
        """Class indices `(B,)`."""
        return torch.tensor([self.items[row].label for row in rows])


def in_threads(image: Callable[[int], Tensor], rows: Sequence[int]) -> Tensor:
    """Images `(n, 3, S, S)` of some rows."""
    with ThreadPoolExecutor(THREADS) as threads:
        return torch.stack(list(threads.map(image, rows)))


def in_chunks(image: Callable[[int], Tensor], rows: int) -> Iterator[Tensor]:
    """All images, `(<= 256, 3, S, S)` at a time, the next ones made while these are in use."""
    with ThreadPoolExecutor(THREADS) as threads:
        ahead = threads.map(image, range(min(CHUNK, rows)))
        for start in range(CHUNK, rows + CHUNK, CHUNK):
            ready = torch.stack(list(ahead))
            ahead = threads.map(image, range(start, min(start + CHUNK, rows)))
            yield ready
