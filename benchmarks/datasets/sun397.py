"""SUN397."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class Sun397(CoopSplitDataset):
    """SUN397, in CoOp's layout."""

    card = Card(
        name="sun397",
        title="SUN397",
        classes=397,
        images={"train": 15880, "val": 3970, "test": 19850},
        templates=with_ensemble("a photo of a {}."),
        how_to_get=f"Download it from vision.princeton.edu/projects/2010/SUN. {GUIDE}.",
        folder="sun397",
    )
    image_folder = "SUN397"
    split_file = "split_zhou_SUN397.json"
