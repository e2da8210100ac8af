"""Few-shot splits, identical to CoOp's, or to a dataset's own reader's, for the same seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.datasets.interface import Dataset, DatasetError, Item
from benchmarks.datasets.items import Items
from benchmarks.datasets.roll import roll_of
from benchmarks.quoting import quoted

ShortClasses = Literal["refuse", "take_all"]
"""What to do with a class that has fewer images than shots: `take_all` is what CoOp does."""

VALIDATION_SHOTS = 4
"""At most this many validation images are drawn per class, as CoOp does."""


@dataclass(frozen=True)
class FewShotSplit:
    """A few labelled images per class.

    Attributes:
        train: `shots` images per class, class after class, in order of first appearance.
        val: at most four per class, drawn next from the same generator; empty if the dataset has
            no validation images.
        short: labels of classes that have fewer training images than shots, or none.
    """

    train: tuple[Item, ...]
    val: tuple[Item, ...]
    short: tuple[int, ...]


def few_shot_split(
    dataset: Dataset, shots: int, seed: int, short_classes: ShortClasses = "refuse"
) -> FewShotSplit:
    """Draws a few-shot split: the same images that CoOp and ZIP train on (but for ImageNet's).

    Items are grouped by label in order of first appearance. `random.Random(seed)` then takes one
    `sample` per label of the training images, and after that of the validation images. Where the
    reader behind published results shuffles lists of files first, the generator does so too. For
    example:

        split = few_shot_split(open_dataset("pocket_dots", ""), shots=16, seed=1)
        len(split.train)  # 128: 16 images for each of 8 classes

    Args:
        dataset: has the training and validation images.
        shots: training images per class, at least 1.
        seed: of the draw.
        short_classes: whether to refuse classes with fewer images than `shots`, or to take all
            images that they have.

    Raises:
        DatasetError: `shots` is below 1, or a class has fewer images and that is refused, or the
            dataset has no training images.
    """
    if shots < 1:
        raise DatasetError(f"dataset {dataset.card.name}: shots must be at least 1, got {shots}")
    training = Items.of(dataset.items("train"))
    groups = training.by_label
    if not groups:
        raise DatasetError(
            f"dataset {dataset.card.name}: it has no training images, so nothing can be trained on "
            f"it. It is for zero_shot, and for testing what was trained elsewhere, as "
            f"out_of_distribution does."
        )
    # A class without any image appears nowhere; drawing from it would change no other draw.
    labels = dict.fromkeys((*groups, *range(len(dataset.class_names()))))
    short = tuple(label for label in labels if len(groups.get(label, ())) < shots)
    if short and short_classes == "refuse":
        raise _too_many_shots(
            dataset, shots, {label: len(groups.get(label, ())) for label in short}
        )
    generator = random.Random(seed)
    for length in dataset.shuffled_before_draw():
        generator.shuffle([None] * length)  # only for what it leaves of the generator
    train = _sample(training, shots, generator)
    val = _sample(Items.of(dataset.items("val")), min(shots, VALIDATION_SHOTS), generator)
    return FewShotSplit(train, val, short)


def _sample(items: Items, shots: int, generator: random.Random) -> tuple[Item, ...]:
    drawn: list[int] = []
    for places in items.by_label.values():
        drawn += generator.sample(places, shots) if len(places) >= shots else places
    return tuple(items[place] for place in drawn)


def _too_many_shots(dataset: Dataset, shots: int, short: Mapping[int, int]) -> DatasetError:
    """The error about classes with too few images, given how many each has."""
    empty = [label for label, images in short.items() if not images]
    if empty:
        roll = roll_of(dataset)
        return DatasetError(
            f"dataset {dataset.card.name}: in {roll.source.text}, no training images are of "
            f"{roll.described(empty)}. {roll.source.remedy} Or set short_classes: take_all to "
            f"train without."
        )
    label, images = min(short.items(), key=lambda pair: pair[1])
    name = quoted(dataset.class_names()[label])
    return DatasetError(
        f"dataset {dataset.card.name}: {shots} shots asked for, but class {name} has "
        f"only {images} training images. Ask for at most {images} shots, or set short_classes: "
        f"take_all to take all that such classes have."
    )
