"""Finds images that can't be read. Each is looked at once; the store remembers what was found."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable, Item
from benchmarks.datasets.sampling import few_shot_split
from benchmarks.quoting import quoted
from orchestrator.store.store import Store

_WAITING = 3
"""Threads beyond those that the cores keep busy, as some wait for files."""
_MOST = 16
"""Threads that look at images at once; decoded images of others take memory and save no time."""


def unreadable_images(
    dataset: Dataset, store: Store, draws: Iterable[tuple[int, int]]
) -> frozenset[str]:
    """References of the images that are missing or corrupt, in the tasks of some shots and seeds.

    Raises:
        DatasetError: the dataset can't be read, or none of these images can.
    """
    found, looked_at = frozenset[str](), dict[str, Item]()
    for items in _used(dataset, draws):
        found |= unreadable_among(items, dataset, store)
        looked_at |= {item.reference: item for item in items}
    if looked_at and found == looked_at.keys():
        first = next(iter(looked_at.values()))
        raise DatasetError(
            f"dataset {dataset.card.name}: none of its {len(found):,} images that would be used "
            f"can be read; {quoted(first.reference)}, for one: {_why(first, dataset)}. Check that "
            f"they were copied whole, or leave the dataset out."
        )
    return found


def _used(dataset: Dataset, draws: Iterable[tuple[int, int]]) -> Iterator[Sequence[Item]]:
    """The test split, and what some shots and seeds draw."""
    yield dataset.items("test")
    for shots, seed in draws if dataset.items("train") else ():
        split = few_shot_split(dataset, shots, seed, "take_all")
        yield [*split.train, *split.val]


def _why(item: Item, dataset: Dataset) -> str:
    try:
        dataset.open(item)
    except ImageUnreadable as error:
        return error.reason
    return "now it can"


def unreadable_among(items: Sequence[Item], dataset: Dataset, store: Store) -> frozenset[str]:
    """References of the items that are missing or corrupt.

    Items that were looked at before are not decoded again, except those that were unreadable then:
    they may have been repaired. A list of which an image has other contents is looked at anew.
    """
    digest = _digest(items, dataset)
    known = store.unreadable_images(digest)
    suspects = items if known is None else [i for i in items if i.reference in set(known)]

    def broken(item: Item) -> bool:
        try:
            dataset.open(item)
        except ImageUnreadable:
            return True
        return False

    with ThreadPoolExecutor(min(_MOST, (os.cpu_count() or 1) + _WAITING)) as threads:
        verdicts = threads.map(broken, suspects)
        found = [item.reference for item, bad in zip(suspects, verdicts, strict=True) if bad]
    if known is None or sorted(known) != sorted(found):
        store.save_unreadable_images(digest, found)
    return frozenset(found)


def _digest(items: Sequence[Item], dataset: Dataset) -> str:
    """Names a list of images with their contents; where there is no fingerprint, by names alone."""
    head = [dataset.card.name, dataset.revision()]
    found = zip(items, dataset.fingerprints(items), strict=True)
    rows = [[item.reference, what] if what else item.reference for item, what in found]
    return hashlib.sha256(json.dumps([head, rows]).encode()).hexdigest()
