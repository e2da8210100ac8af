"""The order of mini-batches, a pure function of seed and step: a resumed trial needs no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def batches_per_epoch(images: int, batch_size: int) -> int:
    """Mini-batches per epoch; an incomplete last one is dropped unless it is the only one."""
    return max(1, images // batch_size)


def epoch_order(images: int, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Row indices of an epoch's mini-batches: a random permutation, cut into pieces."""
    order = np.random.default_rng([seed, epoch]).permutation(images).tolist()
    size = min(batch_size, images)
    return [order[i * size : (i + 1) * size] for i in range(batches_per_epoch(images, batch_size))]


def batch_at(images: int, batch_size: int, seed: int, step: int) -> list[int]:
    """Row indices of the mini-batch of a step, counted from 0 over all epochs."""
    epoch, position = divmod(step, batches_per_epoch(images, batch_size))
    return epoch_order(images, batch_size, seed, epoch)[position]


def augmentation_generator(seed: int, step: int, position: int) -> torch.Generator:
    """The random generator of one image, given its position in a step's mini-batch."""
    import torch  # what plans a run needs none of it

    words = np.random.SeedSequence([seed, step, position]).generate_state(2, np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 31 ^ int(words[1]))
