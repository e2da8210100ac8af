"""Checks every image of a dataset: counts, unreadable files, and duplicate files."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.datasets.interface import SPLITS, Dataset, ImageUnreadable, Item, Split
from benchmarks.datasets.read_ahead import read_ahead


@dataclass(frozen=True)
class Verified:
    """What was found in a dataset.

    Attributes:
        found: images by split.
        expected: images by split of a full copy; empty if unknown.
        total: images that a full copy has in all, for splits of our own; None if unknown.
        classes: how many classes were found.
        expected_classes: how many a full copy has; None if unknown.
        unreadable: one message per image that can't be read.
        duplicates: groups of references with the same bytes.
        leaked: number of those groups with images in the test split and in another split.
    """

    found: dict[Split, int]
    expected: dict[Split, int]
    total: int | None = None
    classes: int = 0
    expected_classes: int | None = None
    unreadable: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    leaked: int = 0

    @property
    def complete(self) -> bool:
        """Whether there are as many classes and images as in a full copy; True if unknown.

        Of a split of our own the sum counts. It may be larger: some official splits leave out
        images.
        """
        enough = self.total is None or sum(self.found.values()) >= self.total
        same = not self.expected or self.found == self.expected
        return enough and same and self.expected_classes in (None, self.classes)

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

    @property
    def sound(self) -> bool:
        """Whether it is complete, and every image can be read."""
        return self.complete and not self.unreadable


def counts(images: Mapping[Split, int]) -> str:
    """Numbers of images to train, validate and test: `4,128 / 1,649 / 2,465`."""
    return " / ".join(f"{images[split]:,}" for split in SPLITS)


def count(dataset: Dataset) -> Verified:
    """Counts a dataset's images without opening them.

    Raises:
        DatasetError: the dataset can't be read.
    """
    found = {split: len(dataset.items(split)) for split in SPLITS}
    known = dataset.card.images
    if not any(known.values()):
        return Verified(found, {})
    # The card counts the images of the published split; other splits of them have the same sum.
    published = not dataset.remark()
    return Verified(
        found,
        {split: known[split] for split in SPLITS} if published else {},
        total=None if published else sum(known.values()),
        classes=len(dataset.class_names()),
        expected_classes=dataset.card.classes,
    )


def verify(dataset: Dataset, tell: Callable[[int], None] = lambda _: None) -> Verified:
    """Reads and decodes every image.

    Args:
        dataset: what to check.
        tell: called with 1 after each image.

    Raises:
        DatasetError: the dataset can't be read.
    """
    files: dict[str, list[tuple[Split, str]]] = defaultdict(list)
    unreadable: list[str] = []
    for split in SPLITS:
        for item, (digest, error) in read_ahead(dataset.items(split), partial(_look, dataset)):
            if error:
                unreadable.append(error)
            else:
                files[digest].append((split, item.reference))
            tell(1)
    repeated = [group for group in files.values() if len(group) > 1]
    splits = [{split for split, _ in group} for group in repeated]
    return replace(
        count(dataset),
        unreadable=tuple(unreadable),
        duplicates=tuple(tuple(reference for _, reference in group) for group in repeated),
        leaked=sum("test" in group and len(group) > 1 for group in splits),
    )


def _look(dataset: Dataset, item: Item) -> tuple[str, str]:
    """The digest of an image's bytes, or else why it can't be read."""
    try:
        dataset.open(item)
        return hashlib.sha256(dataset.encoded(item)).hexdigest(), ""
    except ImageUnreadable as error:
        return "", str(error)
