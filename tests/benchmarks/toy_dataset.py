"""A small dataset in memory, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from benchmarks.datasets.interface import Card, Dataset, ImageUnreadable, Item, Split


class ToyDataset(Dataset):
    """Coloured squares; class sizes as given.

    Args:
        sizes: training images a class.
    """

    card = Card(
        name="toy",
        title="Toy",
        classes=3,
        images={"train": 12, "val": 6, "test": 9},
        templates=("a photo of a {}.",),
        how_to_get="It is made by the tests.",
    )

    def __init__(self, sizes: Sequence[int] = (4, 4, 4), val: int = 2) -> None:
        super().__init__(Path())
        self._sizes: dict[Split, list[int]] = {
            "train": list(sizes),
            "val": [val] * len(sizes),
            "test": [3] * len(sizes),
        }
        self.broken: set[str] = set()

    def missing(self) -> str | None:
        return None

    def class_names(self) -> tuple[str, ...]:
        return ("red", "green", "blue")[: len(self._sizes["train"])]

    def items(self, split: Split) -> Sequence[Item]:
        return [
            Item(f"{split}/{label}/{number}", label)
            for label, size in enumerate(self._sizes[split])
            for number in range(size)
        ]

    def open(self, item: Item) -> Image.Image:
        if item.reference in self.broken:
            raise ImageUnreadable("toy", item.reference, "truncated")
        return Image.new("RGB", (30, 20), ("red", "green", "blue")[item.label])
