"""Checks every image of a dataset: counts, unreadable files, and duplicate files."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.datasets.completeness import Counted, count
from benchmarks.datasets.interface import SPLITS, Dataset, ImageUnreadable, Item, Split
from benchmarks.datasets.read_ahead import read_ahead


@dataclass(frozen=True)
class Verified(Counted):
    """What was found in a dataset, besides counts.

    Attributes:
        unreadable: one message per image that can't be read.
        duplicates: groups of references with the same bytes.
        leaked: number of those groups with images in the test split and in another split.
    """

    unreadable: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    leaked: int = 0

    @property
    def sound(self) -> bool:
        """Whether it is complete, and every image can be read."""
        return self.complete and not self.unreadable


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
    return Verified(
        **vars(count(dataset)),
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
