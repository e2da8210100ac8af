"""Mini-batches of the training images, as pixels or as features that were encoded before."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator, batch_at, batches_per_epoch
from methods.interface import Named
from orchestrator.oracle.features import CHUNK, DECODERS, Encoder, FeatureTable, ImageSplit
from orchestrator.oracle.interface import Batch
from orchestrator.trial.named_images import NamedImages
from orchestrator.trial.not_finite import check_features

TrainFeatures = Callable[[list[int], int], Batch]
"""Features `(B, E)`, labels and ids `(B,)` that need not be encoded anew in every step: of the B
images in these rows of the training split, in the step with this number."""


class TrainStream:
    """Mini-batches, each a pure function of the step.

    While a step's images are in use, worker threads decode and augment those of the next step.

    Args:
        split: the training images, with the training transform.
        features: features encoded ahead; None if every step encodes its own images.
        named: gives images that a method names.
        batch_size: images per mini-batch.
        seed: drives order and augmentation.
    """

    def __init__(
        self,
        split: ImageSplit,
        features: TrainFeatures | None,
        named: NamedImages,
        batch_size: int,
        seed: int,
    ) -> None:
        self._split = split
        self._features = features
        self._named = named
        self._batch_size = batch_size
        self._seed = seed
        self._threads = ThreadPoolExecutor(max_workers=DECODERS, thread_name_prefix="decoder")
        self._ahead: tuple[int, list[Future[Tensor]]] | None = None
        self._latest: tuple[int, Batch] | None = None

    @property
    def batches_per_epoch(self) -> int:
        """Mini-batches in one pass over the training images."""
        return batches_per_epoch(len(self._split.items), self._batch_size)

    @property
    def examples(self) -> int:
        """Number of training images N."""
        return len(self._split.items)

    @property
    def batch_size(self) -> int:
        """The most images of a query."""
        return self._batch_size

    def batch(self, step: int, *, pixels: bool) -> Batch:
        """The mini-batch of a step: features `(B, E)` or images `(B, 3, S, S)`, labels and ids.

        Asked again for the same step, it is the same object, if it is the latest one.

        Args:
            step: number of the step, from 0.
            pixels: whether the prompt changes what the image tower sees, so that it needs images.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        index = batch_at(len(self._split.items), self._batch_size, self._seed, step)
        if self._features is not None and not pixels:
            return self._features(index, step)
        if self._latest is not None and self._latest[0] == step:
            return self._latest[1]
        started = self._ahead
        ready = started[1] if started and started[0] == step else self._start(step)
        self._ahead = (step + 1, self._start(step + 1))
        images = torch.stack([image.result() for image in ready])
        batch = Batch(_labels(self._split, index), images=images, examples=torch.tensor(index))
        self._latest = step, batch
        return batch

    def named(self, images: Named, *, pixels: bool) -> Batch:
        """The images that a method names: features or pixels, as `batch`.

        Raises:
            ValueError: they are no images of the training split, or more than fit a query.
            ImageUnreadable: an image is missing or corrupt.
        """
        _check_named(images, self.examples, self._batch_size)
        return self._named.batch(images, pixels=pixels)

    def _start(self, step: int) -> list[Future[Tensor]]:
        """Has threads prepare a step's images, each with a random generator of its own."""
        index = batch_at(len(self._split.items), self._batch_size, self._seed, step)
        return [
            self._threads.submit(
                self._split.train,
                self._split.items[row],
                augmentation_generator(self._seed, step, position),
            )
            for position, row in enumerate(index)
        ]


@dataclass
class PlainFeatures:
    """Features of images without augmentation, which are the same in every step.

    Attributes:
        encode: gives the features of the whole training split; called when they are first needed.
    """

    encode: Callable[[], FeatureTable]

    def __call__(self, index: list[int], step: int) -> Batch:
        """See `TrainFeatures`."""
        del step
        rows = self._table.rows(np.asarray(index, dtype=np.int64))
        return Batch(rows.labels, features=rows.features, examples=torch.tensor(index))

    @cached_property
    def _table(self) -> FeatureTable:
        return self.encode()


@dataclass
class ViewFeatures:
    """Features of V augmented views of each image; every step takes one view of each of its images.

    An approximation: a step would otherwise see newly augmented images every time.

    Attributes:
        split: the training images, with the training transform.
        encoder: the plain image tower.
        views: number of views V per image.
        seed: drives the augmentation of views, and which of them a step takes.
    """

    split: ImageSplit
    encoder: Encoder
    views: int
    seed: int

    def __call__(self, index: list[int], step: int) -> Batch:
        """See `TrainFeatures`; the chosen views are a function of seed and step."""
        drawn = np.random.default_rng([self.seed, step, self.views]).integers(
            self.views, size=len(index)
        )
        rows = torch.tensor(index) * self.views + torch.from_numpy(drawn)
        labels, features = _labels(self.split, index), self._pool[rows]
        return Batch(labels, features=features, examples=torch.tensor(index))

    @cached_property
    def _pool(self) -> Tensor:
        """Features `(N V, E)`, the views of an image one after another."""
        rows = range(len(self.split.items) * self.views)
        features = []
        with ThreadPoolExecutor(max_workers=DECODERS) as threads:
            for start in range(0, len(rows), CHUNK):
                images = list(threads.map(self._view, rows[start : start + CHUNK]))
                features.append(self.encoder(torch.stack(images)).float().cpu())
        pool = torch.cat(features)
        check_features(pool.numpy(), self.split.name, self.split.dataset.card.name)
        return pool

    def _view(self, row: int) -> Tensor:
        image, view = divmod(row, self.views)
        generator = augmentation_generator(self.seed, view, image)
        return self.split.train(self.split.items[image], generator)


def _check_named(images: Named, examples: int, batch_size: int) -> None:
    """Refuses what a method mustn't name; it is the method's fault, not its user's."""
    if not 1 <= len(images.examples) <= batch_size:
        raise ValueError(
            f"a query takes between 1 and {batch_size} images, but {len(images.examples)} are named"
        )
    strange = [one for one in images.examples if not 0 <= one < examples]
    if strange:
        raise ValueError(f"training images have ids from 0 to {examples - 1}, not {strange[0]}")


def _labels(split: ImageSplit, index: list[int]) -> Tensor:
    return torch.tensor([split.items[row].label for row in index])
