"""What a trial reads: mini-batches for the method, whole splits for the scorer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator, batch_at, batches_per_epoch
from benchmarks.datasets.interface import Item
from benchmarks.protocols import Task
from orchestrator.oracle.features import FeatureTable, ImageSplit
from orchestrator.oracle.interface import Batch, Oracle


class TrainStream:
    """Mini-batches of the training split, each a pure function of the step.

    Without augmentation the plain image tower sees each image in one form only, so its features
    are computed once; with augmentation every step encodes anew.

    Args:
        split: the training images, with the training transform.
        encode: features of a split from the plain image tower.
        batch_size: images a mini-batch.
        seed: drives order and augmentation.
    """

    def __init__(
        self,
        split: ImageSplit,
        encode: Callable[[ImageSplit], FeatureTable],
        batch_size: int,
        seed: int,
    ) -> None:
        self._split = split
        self._encode = encode
        self._batch_size = batch_size
        self._seed = seed

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
        index = batch_at(len(self._split.items), self._batch_size, self._seed, step)
        if self._split.preprocessing.augmentation == "none" and not pixels:
            return self._table.rows(np.asarray(index, dtype=np.int64))
        items = [self._split.items[i] for i in index]
        images = [self._augmented(item, step, place) for place, item in enumerate(items)]
        return Batch(torch.tensor([item.label for item in items]), images=torch.stack(images))

    @cached_property
    def _table(self) -> FeatureTable:
        return self._encode(self._split)

    def _augmented(self, item: Item, step: int, position: int) -> Tensor:
        draw = augmentation_generator(self._seed, step, position)
        return self._split.preprocessing.train(self._split.dataset.open(item), draw)


@dataclass(frozen=True)
class EvaluationSplit:
    """A split that is scored whole.

    Attributes:
        split: the images, with the test transform.
        table: their features from the plain image tower.
        oracle: the black box with the split's own classes; None where they are the trial's.
    """

    split: ImageSplit
    table: FeatureTable
    oracle: Oracle | None = None

    def batches(self, *, pixels: bool) -> Iterator[Batch]:
        """The split as batches of features, or of pixels for prompts that change them."""
        if not pixels:
            yield from self.table.batches()
            return
        start = 0
        for images in self.split.pixels():
            labels = torch.from_numpy(self.table.labels[start : start + len(images)].copy())
            start += len(images)
            yield Batch(labels=labels, images=images)


@dataclass(frozen=True)
class TrialData:
    """All that one trial reads.

    Attributes:
        train: mini-batches; None for methods that don't train.
        evaluation: splits by name: `test`; `val` and `new` where there are any.
    """

    train: TrainStream | None
    evaluation: dict[str, EvaluationSplit]


def tested_features(table: FeatureTable, task: Task) -> FeatureTable:
    """The rows of a task's test images, with the task's labels.

    Args:
        table: features of the dataset's whole test split.
        task: which images of it are tested.
    """
    if len(table) == len(task.test):
        return table
    rows = {item.reference: row for row, item in enumerate(task.dataset.items("test"))}
    chosen = [rows[item.reference] for item in task.test]
    return table.part(chosen, [item.label for item in task.test])
