"""Features of training images that are encoded once, where a step doesn't have to encode anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator
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
