"""A dataset without the images that can't be read: few-shot draws stay as they are, less those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

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


OnUnreadable = Literal["fail", "skip"]
"""What to do about an image that is missing or corrupt."""


class SkippingUnreadable(Dataset):
    """Another dataset, less some images.

    A draw is made from all training images, as if all could be read, and then loses the ones that
    can't: what else is drawn doesn't depend on them.

    Args:
        dataset: answers everything else.
        unreadable: references of the images to leave out.
    """

    def __init__(self, dataset: Dataset, unreadable: Iterable[str]) -> None:
        super().__init__(dataset.root)
        self._dataset = dataset
        self._unreadable = frozenset(unreadable)
        self.card = dataset.card
        self.upright = dataset.upright

    def missing(self) -> str | None:
        return self._dataset.missing()

    def class_names(self) -> tuple[str, ...]:
        return self._dataset.class_names()

    def items(self, split: Split) -> Sequence[Item]:
        items = self._dataset.items(split)
        return self.usable(items) if split == "test" else items

    def usable(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(item for item in items if item.reference not in self._unreadable)

    def open(self, item: Item) -> Image.Image:
        return self._dataset.open(item)

    def encoded(self, item: Item) -> bytes:
        return self._dataset.encoded(item)

    def absent(self, items: Sequence[Item]) -> str | None:
        return self._dataset.absent(items)

    def revision(self) -> str:
        return self._dataset.revision()

    def remark(self) -> str:
        if not self._unreadable:
            return self._dataset.remark()
        names = sorted(self._unreadable)
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        skipped = f"{self.card.name}: {len(names)} unreadable images are skipped ({shown})"
        return "; ".join(filter(None, (self._dataset.remark(), skipped)))
