"""Describable Textures (DTD)."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class DescribableTextures(CoopSplitDataset):
    """Describable Textures (DTD), in CoOp's layout."""

    card = Card(
        name="dtd",
        title="Describable Textures (DTD)",
        classes=47,
        images={"train": 2820, "val": 1128, "test": 1692},
        templates=with_ensemble("{} texture."),
        how_to_get=f"Download it from www.robots.ox.ac.uk/~vgg/data/dtd. {GUIDE}.",
        folder="dtd",
    )
    image_folder = "images"
    split_file = "split_zhou_DescribableTextures.json"
