"""A dataset without some of its images; few-shot draws are those of the whole dataset."""

from collections.abc import Iterable, Sequence
from typing import Literal

from PIL import Image

from benchmarks.datasets.interface import Dataset, Item, Split

OnUnreadable = Literal["fail", "skip"]
"""What to do about an image that is missing or corrupt."""


class DatasetView(Dataset):
    """Another dataset without its unreadable images, or without its test split.

    Args:
        dataset: the other dataset.
        unreadable: references of images to leave out. Training images are still drawn from all
            images, and these are left out afterwards: the other drawn images stay the same.
        blind: whether to leave the test split out, unread, so that nothing can be tuned on it.
    """

    def __init__(
        self, dataset: Dataset, unreadable: Iterable[str] = (), *, blind: bool = False
    ) -> None:
        super().__init__(dataset.root)
        self._dataset = dataset
        self._unreadable = frozenset(unreadable)
        self._blind = blind
        self.card = dataset.card
        self.upright = dataset.upright

    def items(self, split: Split) -> Sequence[Item]:
        if split != "test":
            return self._dataset.items(split)
        return () if self._blind else self.usable(self._dataset.items(split))

    def shuffled_before_draw(self) -> tuple[int, ...]:
        return self._dataset.shuffled_before_draw()

    def usable(self, items: Sequence[Item]) -> tuple[Item, ...]:
        kept = self._dataset.usable(items)
        return tuple(item for item in kept if item.reference not in self._unreadable)

    def remark(self) -> str:
        if not self._unreadable:
            return self._dataset.remark()
        names = sorted(self._unreadable)
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        skipped = f"{self.card.name}: {len(names)} unreadable images are skipped ({shown})"
        return "; ".join(filter(None, (self._dataset.remark(), skipped)))

    def missing(self) -> str | None:
        return self._dataset.missing()

    def class_names(self) -> tuple[str, ...]:
        return self._dataset.class_names()

    def open(self, item: Item) -> Image.Image:
        return self._dataset.open(item)

    def encoded(self, item: Item) -> bytes:
        return self._dataset.encoded(item)

    def absent(self, items: Sequence[Item]) -> str | None:
        return self._dataset.absent(items)

    def revision(self) -> str:
        return self._dataset.revision()
