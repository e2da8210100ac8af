"""Mini-batches of the training split, decoded and augmented ahead of use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator, batch_at, batches_per_epoch
from orchestrator.oracle.features import CHUNK, DECODERS, Encoder, FeatureTable, ImageSplit
from orchestrator.oracle.interface import Batch


class TrainFeatures(Protocol):
    """What the plain image tower makes of training images."""

    def batch(self, index: list[int], step: int) -> Batch | None:
        """Features of the images of a step; None where each step must encode its own."""


@dataclass
class PlainFeatures:
    """Without augmentation an image has one form, so it is encoded once.

    Attributes:
        split: the training images, with the training transform.
        encode: features of a split from the plain image tower.
    """

    split: ImageSplit
    encode: Callable[[ImageSplit], FeatureTable]

    def batch(self, index: list[int], step: int) -> Batch | None:
        """See `TrainFeatures`; None with augmentation."""
        del step
        if self.split.preprocessing.augmentation != "none":
            return None
        return self._table.rows(np.asarray(index, dtype=np.int64))

    @cached_property
    def _table(self) -> FeatureTable:
        return self.encode(self.split)


@dataclass
class ViewFeatures:
    """V augmented views of each image, encoded before the first step, that all steps draw from.

    An approximation: a step's images are augmented as they would be, but from V draws an image
    instead of new ones every time.

    Attributes:
        split: the training images, with the training transform.
        encoder: the plain image tower.
        views: number of views V.
        seed: drives views and draws.
    """

    split: ImageSplit
    encoder: Encoder
    views: int
    seed: int

    def batch(self, index: list[int], step: int) -> Batch | None:
        """See `TrainFeatures`; each image in one of its views, a function of seed and step."""
        drawn = np.random.default_rng([self.seed, step, self.views]).integers(
            self.views, size=len(index)
        )
        labels = torch.tensor([self.split.items[i].label for i in index])
        rows = torch.tensor(index) * self.views + torch.from_numpy(drawn)
        return Batch(labels, features=self._pool[rows])

    @cached_property
    def _pool(self) -> Tensor:
        """Features `(N V, E)`, the views of an image one after another."""
        places = range(len(self.split.items) * self.views)
        features = []
        with ThreadPoolExecutor(max_workers=DECODERS) as threads:
            for start in range(0, len(places), CHUNK):
                images = list(threads.map(self._view, places[start : start + CHUNK]))
                features.append(self.encoder(torch.stack(images)).float().cpu())
        return torch.cat(features)

    def _view(self, place: int) -> Tensor:
        image, view = divmod(place, self.views)
        draw = augmentation_generator(self.seed, view, image)
        return self.split.train(self.split.items[image], draw)


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
