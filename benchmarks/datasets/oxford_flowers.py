"""Oxford 102 Flowers."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class OxfordFlowers(CoopSplitDataset):
    """Oxford 102 Flowers, in CoOp's layout."""

    card = Card(
        name="oxford_flowers",
        title="Oxford 102 Flowers",
        classes=102,
        images={"train": 4093, "val": 1633, "test": 2463},
        templates=with_ensemble("a photo of a {}, a type of flower."),
        how_to_get=f"Download it from www.robots.ox.ac.uk/~vgg/data/flowers/102. {GUIDE}.",
        folder="oxford_flowers",
    )
    image_folder = "jpg"
    split_file = "split_zhou_OxfordFlowers.json"
