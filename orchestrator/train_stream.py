"""Mini-batches of the training split, decoded and augmented ahead of use."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator, batch_at, batches_per_epoch
from orchestrator.oracle.features import DECODERS, ImageSplit
from orchestrator.oracle.interface import Batch
from orchestrator.train_features import TrainFeatures


class TrainStream:
    """Mini-batches, each a pure function of the step.

    While a step's images are in use, worker threads prepare those of the next one.

    Args:
        split: the training images, with the training transform.
        features: what needs not be encoded in every step.
        batch_size: images a mini-batch.
        seed: drives order and augmentation.
    """

    def __init__(
        self, split: ImageSplit, features: TrainFeatures, batch_size: int, seed: int
    ) -> None:
        self._split = split
        self._features = features
        self._batch_size = batch_size
        self._seed = seed
        self._threads = ThreadPoolExecutor(max_workers=DECODERS, thread_name_prefix="decoder")
        self._ahead: tuple[int, list[Future[Tensor]]] | None = None

    @property
    def batches_per_epoch(self) -> int:
        """Mini-batches in one pass."""
        return batches_per_epoch(len(self._split.items), self._batch_size)

    def batch(self, step: int, *, pixels: bool) -> Batch:
        """The mini-batch of a step (from 0).

        Args:
            step: number of the step.
            pixels: whether the prompt changes what the image tower sees.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        index = self._index(step)
        known = None if pixels else self._features.batch(index, step)
        if known is not None:
            return known
        started = self._ahead
        ready = started[1] if started and started[0] == step else self._start(step)
        self._ahead = (step + 1, self._start(step + 1))
        labels = torch.tensor([self._split.items[i].label for i in index])
        return Batch(labels, images=torch.stack([image.result() for image in ready]))

    def _index(self, step: int) -> list[int]:
        return batch_at(len(self._split.items), self._batch_size, self._seed, step)

    def _start(self, step: int) -> list[Future[Tensor]]:
        """Has a step's images prepared, each by itself with its own generator."""
        return [
            self._threads.submit(
                self._split.train,
                self._split.items[i],
                augmentation_generator(self._seed, step, place),
            )
            for place, i in enumerate(self._index(step))
        ]
