"""Mini-batches of the training images, as pixels or as rows of a table that was made before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator, batches_per_epoch, epoch_order
from methods.interface import Named
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.tables import Table, TableMaker
from orchestrator.pixels.feed import Delivery
from orchestrator.pixels.split import ImageSplit
from orchestrator.trial.named_images import NamedImages

TrainFeatures = Callable[[list[int], int], Batch]
"""Rows of a table, with labels and ids `(B,)`, that need not be made anew in every step: of the B
images in these rows of the training split, in the step with this number."""


class TrainStream:
    """Mini-batches, each a pure function of the step.

    While a step's images are in use, threads make those of the next ones.

    Args:
        split: the training images, with the training transform.
        features: images that were made ahead; None if every step has its own.
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
        self._epoch: tuple[int, list[list[int]]] | None = None
        self._ahead: dict[int, Delivery] = {}
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
        """The mini-batch of a step: rows of a table, or images `(B, 3, S, S)`, labels and ids.

        Asked again for the same step, it is the same object, if it is the latest one.

        Args:
            step: number of the step, from 0.
            pixels: whether the prompt changes what the image tower sees, so that it needs images.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        index = self._index(step)
        if self._features is not None and not pixels:
            return self._features(index, step)
        if self._latest is not None and self._latest[0] == step:
            return self._latest[1]
        labels = torch.tensor([self._split.items[row].label for row in index])
        batch = Batch(labels, images=self._images(step), examples=torch.tensor(index))
        self._latest = step, batch
        return batch

    def named(self, images: Named, *, pixels: bool) -> Batch:
        """The images that a method names: rows of a table or pixels, as `batch`.

        Raises:
            ValueError: they are no images of the training split, or more than fit a query.
            ImageUnreadable: an image is missing or corrupt.
        """
        _check_named(images, self.examples, self._batch_size)
        return self._named.batch(images, pixels=pixels)

    def _images(self, step: int) -> Tensor:
        """A step's images; those of the steps that follow are started."""
        last = step + self._split.ahead(self._batch_size)
        started, self._ahead = self._ahead, {}
        for each in range(step, last + 1):
            self._ahead[each] = started.get(each) or self._start(each)
        return self._ahead.pop(step).images()

    def _start(self, step: int) -> Delivery:
        """Has threads make a step's images, each with a random generator of its own."""
        draw = partial(augmentation_generator, self._seed, step)
        return self._split.start(self._index(step), draw)

    def _index(self, step: int) -> list[int]:
        """The rows of a step's images, as `batch_at` has them."""
        epoch, position = divmod(step, self.batches_per_epoch)
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = epoch, epoch_order(self.examples, self._batch_size, self._seed, epoch)
        return self._epoch[1][position]


@dataclass
class PlainFeatures:
    """Images without augmentation, which are the same in every step.

    Attributes:
        make: gives the table of the whole training split; called when it is first needed.
    """

    make: Callable[[], Table]

    def __call__(self, index: list[int], step: int) -> Batch:
        """See `TrainFeatures`."""
        del step
        rows = self._table.rows(np.asarray(index, dtype=np.int64))
        return replace(rows, examples=torch.tensor(index))

    @cached_property
    def _table(self) -> Table:
        return self.make()


@dataclass
class ViewFeatures:
    """A table of V augmented views of each image; every step takes one view of each of its images.

    An approximation: a step would otherwise see newly augmented images every time.

    Attributes:
        split: the training images, with the training transform.
        make: makes the table.
        views: number of views V per image.
        seed: drives the augmentation of views, and which of them a step takes.
    """

    split: ImageSplit
    make: TableMaker
    views: int
    seed: int

    def __call__(self, index: list[int], step: int) -> Batch:
        """See `TrainFeatures`; the chosen views are a function of seed and step."""
        drawn = np.random.default_rng([self.seed, step, self.views]).integers(
            self.views, size=len(index)
        )
        rows = self._pool.rows(np.asarray(index, dtype=np.int64) * self.views + drawn)
        return replace(rows, examples=torch.tensor(index))

    @cached_property
    def _pool(self) -> Table:
        """The table of all N V views, those of an image one after another."""
        labels = [label for label in self.split.labels for _ in range(self.views)]
        return self.make(self._images, labels, self.split)

    def _images(self, rows: Sequence[int]) -> Tensor:
        """The views in some rows of the table."""
        places = [divmod(row, self.views) for row in rows]

        def draw(place: int) -> torch.Generator:
            image, view = places[place]
            return augmentation_generator(self.seed, view, image)

        return self.split.some([image for image, _ in places], draw)


def _check_named(images: Named, examples: int, batch_size: int) -> None:
    """Refuses what a method mustn't name; it is the method's fault, not its user's."""
    if not 1 <= len(images.examples) <= batch_size:
        raise ValueError(
            f"a query takes between 1 and {batch_size} images, but {len(images.examples)} are named"
        )
    strange = [one for one in images.examples if not 0 <= one < examples]
    if strange:
        raise ValueError(f"training images have ids from 0 to {examples - 1}, not {strange[0]}")
