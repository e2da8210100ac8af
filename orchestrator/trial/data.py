"""The data of a trial: mini-batches to train on, and whole splits to measure on."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from benchmarks.protocols import Task
from orchestrator.oracle.interface import Batch, Oracle
from orchestrator.oracle.tables import Table
from orchestrator.pixels.split import ImageSplit
from orchestrator.trial.train_stream import TrainStream


@dataclass(frozen=True)
class EvaluationSplit:
    """A split on which prompts are measured.

    Attributes:
        split: the images, with the test transform.
        table: the images as the oracle takes them without a prompt.
        oracle: the black box with the split's own classes; None if they are the trial's.
        foreign: whether prompts were trained on other classes, or on another dataset.
    """

    split: ImageSplit
    table: Table
    oracle: Oracle | None = None
    foreign: bool = False

    def batches(self, *, pixels: bool) -> Iterator[Batch]:
        """The split in batches of its table, or of images `(B, 3, S, S)` if `pixels`.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
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
    """The data of one trial.

    Attributes:
        train: mini-batches; None for methods that don't train.
        evaluation: splits by name: `test` unless it is blind, and `val` and `new` if there are any.
    """

    train: TrainStream | None
    evaluation: dict[str, EvaluationSplit]


def tested_rows(table: Table, task: Task) -> Table:
    """The rows of a task's test images, with its labels, of the dataset's whole test split."""
    if len(table) == len(task.test):
        return table
    rows = {item.reference: row for row, item in enumerate(task.dataset.items("test"))}
    chosen = [rows[item.reference] for item in task.test]
    return table.part(chosen, [item.label for item in task.test])
