"""Which images of a dataset can't be read: looked at once, and remembered in the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable, Item
from benchmarks.datasets.sampling import few_shot_split
from orchestrator.errors import UserError
from orchestrator.oracle.features import DECODERS
from orchestrator.store.store import Store


class Readability:
    """Decodes the images that a plan needs, each list of them once for all plans.

    What was unreadable is looked at again in every plan, in case it was mended.

    Args:
        dataset: opens the images.
        store: remembers.
    """

    def __init__(self, dataset: Dataset, store: Store) -> None:
        self._dataset = dataset
        self._store = store

    def unreadable(self, items: Sequence[Item]) -> frozenset[str]:
        """References of the items that are missing or corrupt."""
        digest = self._digest(items)
        known = self._store.unreadable_images(digest)
        suspects = items if known is None else [i for i in items if i.reference in set(known)]
        with ThreadPoolExecutor(DECODERS) as threads:
            broken = threads.map(self._is_broken, suspects)
            found = [item.reference for item, bad in zip(suspects, broken, strict=True) if bad]
        if known is None or sorted(known) != sorted(found):
            self._store.save_unreadable_images(digest, found)
        return frozenset(found)

    def _is_broken(self, item: Item) -> bool:
        try:
            self._dataset.open(item)
        except ImageUnreadable:
            return True
        return False

    def _digest(self, items: Sequence[Item]) -> str:
        head = [self._dataset.card.name, self._dataset.revision()]
        return hashlib.sha256(json.dumps([head, [i.reference for i in items]]).encode()).hexdigest()


def unreadable_images(
    dataset: Dataset, store: Store, draws: Iterable[tuple[int, int]]
) -> frozenset[str]:
    """References of the images of some few-shot tasks that are missing or corrupt.

    Args:
        dataset: opens the images.
        store: remembers what was looked at.
        draws: shots and seed of each task.

    Raises:
        UserError: the dataset can't be read.
    """
    looker = Readability(dataset, store)
    try:
        found = looker.unreadable(dataset.items("test"))
        for shots, seed in draws if dataset.items("train") else ():
            split = few_shot_split(dataset, shots, seed, "take_all")
            found |= looker.unreadable([*split.train, *split.val])
    except DatasetError as error:
        raise UserError(str(error)) from None
    return found
