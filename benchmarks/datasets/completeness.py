"""Counts of a dataset's images and classes beside those of a full copy; opens no image."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.datasets.interface import SPLITS, Dataset, Split
from benchmarks.datasets.own_split import OWN_SPLIT


@dataclass(frozen=True)
class Counted:
    """How much there is of a dataset.

    Attributes:
        found: images by split.
        expected: images by split of a full copy; empty if unknown.
        total: images that a full copy has in all, where its splits are others; None if unknown.
        classes: how many classes were found.
        expected_classes: how many a full copy has; None if unknown.
    """

    found: dict[Split, int]
    expected: dict[Split, int]
    total: int | None = None
    classes: int = 0
    expected_classes: int | None = None

    @property
    def complete(self) -> bool:
        """Whether there are as many classes and images as in a full copy; True if unknown."""
        whole = self.total in (None, sum(self.found.values()))
        same = not self.expected or self.found == self.expected
        return whole and same and self.expected_classes in (None, self.classes)

    @property
    def shortfall(self) -> str:
        """How it differs from a full copy, in words; empty if it doesn't."""
        if self.complete:
            return ""
        if self.expected:
            images = f"{counts(self.found)} of {counts(self.expected)} images"
        else:
            images = f"{sum(self.found.values()):,} of {self.total or 0:,} images"
        if self.expected_classes in (None, self.classes):
            return f"not a full copy: {images}"
        return f"not a full copy: {images}, {self.classes:,} of {self.expected_classes:,} classes"


def counts(images: Mapping[Split, int]) -> str:
    """Numbers of images to train, validate and test: `4,128 / 1,649 / 2,465`."""
    return " / ".join(f"{images[split]:,}" for split in SPLITS)


def count(dataset: Dataset) -> Counted:
    """Counts a dataset's images without opening them.

    Raises:
        DatasetError: the dataset can't be read.
    """
    found = {split: len(dataset.items(split)) for split in SPLITS}
    known = dataset.card.images
    if not any(known.values()):
        return Counted(found, {})
    # The card counts the images of the published split; other splits of them have the same sum.
    published = dataset.split_as_published()
    return Counted(
        found,
        {split: known[split] for split in SPLITS} if published else {},
        total=None if published else _total(dataset),
        classes=len(dataset.class_names()),
        expected_classes=dataset.card.classes,
    )


def _total(dataset: Dataset) -> int:
    """Images of a full copy under another split than the published one."""
    card = dataset.card
    if card.unsplit and dataset.revision() == OWN_SPLIT:
        return card.unsplit
    return sum(card.images.values())
