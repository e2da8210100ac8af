"""UCF101 (middle frames)."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class Ucf101(CoopSplitDataset):
    """UCF101 (middle frames), in CoOp's layout."""

    card = Card(
        name="ucf101",
        title="UCF101 (middle frames)",
        classes=101,
        images={"train": 7639, "val": 1898, "test": 3783},
        templates=with_ensemble("a photo of a person doing {}."),
        how_to_get=f"Download it from the CoOp authors (UCF-101-midframes.zip). {GUIDE}.",
        folder="ucf101",
    )
    image_folder = "UCF-101-midframes"
    split_file = "split_zhou_UCF101.json"
