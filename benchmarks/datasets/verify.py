"""Checks every image of a dataset: counts, unreadable files, and duplicate files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from benchmarks.datasets.interface import SPLITS, Dataset, ImageUnreadable, Item, Split

_THREADS = 8
_CHUNK = 256


@dataclass(frozen=True)
class Verified:
    """What was found in a dataset.

    Attributes:
        found: images by split.
        expected: images by split of a full copy; empty if unknown.
        unreadable: one message per image that can't be read.
        duplicates: groups of references with the same bytes.
        leaked: number of those groups with images in the test split and in another split.
    """

    found: dict[Split, int]
    expected: dict[Split, int]
    unreadable: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    leaked: int = 0

    @property
    def complete(self) -> bool:
        """Whether each split has as many images as a full copy; True if that is unknown."""
        return not self.expected or self.found == self.expected

    @property
    def sound(self) -> bool:
        """Whether it is complete, and every image can be read."""
        return self.complete and not self.unreadable


class _Seen(NamedTuple):
    digest: str
    error: str


@dataclass
class _Files:
    """References by the digest of their bytes."""

    by_digest: dict[str, list[tuple[Split, str]]] = field(default_factory=dict)

    def add(self, digest: str, split: Split, reference: str) -> None:
        self.by_digest.setdefault(digest, []).append((split, reference))

    def repeated(self) -> list[list[tuple[Split, str]]]:
        return [files for files in self.by_digest.values() if len(files) > 1]


def count(dataset: Dataset) -> Verified:
    """Counts a dataset's images without opening them.

    Raises:
        DatasetError: the dataset can't be read.
    """
    found = {split: len(dataset.items(split)) for split in SPLITS}
    known = dataset.card.images
    # The card counts the images of the published split; other splits have other counts.
    comparable = any(known.values()) and not dataset.remark()
    return Verified(found, {split: known[split] for split in SPLITS} if comparable else {})


def verify(dataset: Dataset, tell: Callable[[int], None] = lambda _: None) -> Verified:
    """Reads and decodes every image.

    Args:
        dataset: what to check.
        tell: called with the number of images after each chunk.

    Raises:
        DatasetError: the dataset can't be read.
    """
    counted = count(dataset)
    files, unreadable = _Files(), []
    for split in SPLITS:
        for chunk in _looked_at(dataset, split):
            for item, seen in chunk:
                if seen.error:
                    unreadable.append(seen.error)
                else:
                    files.add(seen.digest, split, item.reference)
            tell(len(chunk))
    repeated = files.repeated()
    splits = [{split for split, _ in group} for group in repeated]
    return Verified(
        counted.found,
        counted.expected,
        tuple(unreadable),
        tuple(tuple(reference for _, reference in group) for group in repeated),
        sum("test" in group and len(group) > 1 for group in splits),
    )


def _looked_at(dataset: Dataset, split: Split) -> Iterator[list[tuple[Item, _Seen]]]:
    items = iter(dataset.items(split))
    with ThreadPoolExecutor(_THREADS) as threads:
        while chunk := list(islice(items, _CHUNK)):
            seen = threads.map(lambda item: _look(dataset, item), chunk)
            yield list(zip(chunk, seen, strict=True))


def _look(dataset: Dataset, item: Item) -> _Seen:
    try:
        dataset.open(item)
        return _Seen(hashlib.sha256(dataset.encoded(item)).hexdigest(), "")
    except ImageUnreadable as error:
        return _Seen("", str(error))
