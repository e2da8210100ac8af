"""Few-shot splits, identical to CoOp's for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.datasets.interface import Dataset, DatasetError, Item

ShortClasses = Literal["refuse", "take_all"]
"""What to do with a class that has fewer images than shots: `take_all` is what CoOp does."""

VALIDATION_SHOTS = 4
"""At most so many validation images a class (CoOp)."""


@dataclass(frozen=True)
class FewShotSplit:
    """A few labelled images a class.

    Attributes:
        train: shots images a class, class by class in order of first appearance.
        val: at most four a class, drawn next from the same generator; empty without a val split.
        short: labels of classes that have fewer training images than shots.
    """

    train: tuple[Item, ...]
    val: tuple[Item, ...]
    short: tuple[int, ...]


def few_shot_split(
    dataset: Dataset, shots: int, seed: int, short_classes: ShortClasses = "refuse"
) -> FewShotSplit:
    """Draws a few-shot split.

    Python's `random.Random(seed)`, items grouped by label in order of first appearance, one
    `sample` a label over train, then over val: the lists that CoOp and ZIP train on.

    Args:
        dataset: where train and val come from.
        shots: images a class, at least 1.
        seed: the draw's seed.
        short_classes: refuse classes with fewer images than shots, or take all they have.

    Raises:
        DatasetError: shots below 1, or above what a class has when that is refused; a dataset
            without training images.
    """
    if shots < 1:
        raise DatasetError(f"dataset {dataset.card.name}: shots must be at least 1, got {shots}")
    generator = random.Random(seed)
    groups = _by_label(dataset.items("train"))
    if not groups:
        raise DatasetError(
            f"dataset {dataset.card.name} has no training images: it is for testing what was "
            f"trained elsewhere, as out_of_distribution does."
        )
    short = tuple(label for label, items in groups.items() if len(items) < shots)
    if short and short_classes == "refuse":
        raise _too_many_shots(dataset, shots, groups)
    train = _sample(groups, shots, generator)
    val = _sample(_by_label(dataset.items("val")), min(shots, VALIDATION_SHOTS), generator)
    return FewShotSplit(train, val, short)


def _by_label(items: Sequence[Item]) -> dict[int, list[Item]]:
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(item.label, []).append(item)
    return groups


def _sample(
    groups: dict[int, list[Item]], shots: int, generator: random.Random
) -> tuple[Item, ...]:
    drawn: list[Item] = []
    for items in groups.values():
        drawn += generator.sample(items, shots) if len(items) >= shots else items
    return tuple(drawn)


def _too_many_shots(dataset: Dataset, shots: int, groups: dict[int, list[Item]]) -> DatasetError:
    label, items = min(groups.items(), key=lambda group: len(group[1]))
    name = dataset.class_names()[label]
    return DatasetError(
        f"dataset {dataset.card.name}: {shots} shots asked for, but class {name!r} has only "
        f"{len(items)} training images. Ask for at most {len(items)} shots, or set "
        f"short_classes: take_all to take all that such classes have."
    )
