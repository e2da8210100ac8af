"""Food-101."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class Food101(CoopSplitDataset):
    """Food-101, in CoOp's layout."""

    card = Card(
        name="food101",
        title="Food-101",
        classes=101,
        images={"train": 50500, "val": 20200, "test": 30300},
        templates=with_ensemble("a photo of {}, a type of food."),
        how_to_get=f"Download it from data.vision.ee.ethz.ch/cvl/datasets_extra/food-101. {GUIDE}.",
        folder="food-101",
    )
    image_folder = "images"
    split_file = "split_zhou_Food101.json"
