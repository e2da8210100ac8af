"""The data of a trial: mini-batches to train on, and whole splits to measure on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch

from benchmarks.datasets.parts import part_of
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

    def part(self, size: int) -> Self:
        """A fixed part of it with so many images, or all of it where it has no more."""
        rows = part_of(self.split.items, size)
        split = self.split.part(rows)
        return replace(self, split=split, table=self.table.part(rows, split.labels))


@dataclass(frozen=True)
class TrialData:
    """The data of one trial.

    Attributes:
        train: mini-batches; None for methods that don't train.
        evaluation: splits by name: `test` unless it is blind, and `val` and `new` if there are any.
        parts: what may stand for test splits at points on the way, by their names; empty where all
            points are measured on whole splits.
    """

    train: TrainStream | None
    evaluation: dict[str, EvaluationSplit]
    parts: Mapping[str, EvaluationSplit] = field(default_factory=dict)


def parts_of(
    splits: Mapping[str, EvaluationSplit], size: int | None
) -> Mapping[str, EvaluationSplit]:
    """A part of each of some splits; nothing without a size."""
    return {} if size is None else {name: split.part(size) for name, split in splits.items()}


def tested_rows(table: Table, task: Task) -> Table:
    """The rows of a task's test images, with its labels, of the dataset's whole test split."""
    if len(table) == len(task.test):
        return table
    rows = {item.reference: row for row, item in enumerate(task.dataset.items("test"))}
    chosen = [rows[item.reference] for item in task.test]
    return table.part(chosen, [item.label for item in task.test])
