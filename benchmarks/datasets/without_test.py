"""A dataset whose test split can't be read: what searches are given."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from benchmarks.datasets.interface import Dataset, Item, Split


class WithoutTest(Dataset):
    """Another dataset without its test split, so that nothing can be tuned on test labels.

    Args:
        dataset: answers everything else.
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset.root)
        self._dataset = dataset
        self.card = dataset.card

    def missing(self) -> str | None:
        return self._dataset.missing()

    def class_names(self) -> tuple[str, ...]:
        return self._dataset.class_names()

    def items(self, split: Split) -> Sequence[Item]:
        """The items of a split; none of `test`, which is never read."""
        return () if split == "test" else self._dataset.items(split)

    def usable(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return self._dataset.usable(items)

    def open(self, item: Item) -> Image.Image:
        return self._dataset.open(item)

    def absent(self, items: Sequence[Item]) -> str | None:
        return self._dataset.absent(items)

    def revision(self) -> str:
        return self._dataset.revision()

    def remark(self) -> str:
        return self._dataset.remark()

    def encoded(self, item: Item) -> bytes:
        return self._dataset.encoded(item)
