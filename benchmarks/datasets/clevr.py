"""CLEVR (counting)."""

from __future__ import annotations

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class Clevr(CoopSplitDataset):
    """CLEVR (counting), in CoOp's layout."""

    card = Card(
        name="clevr",
        title="CLEVR (counting)",
        classes=8,
        images={"train": 56000, "val": 14000, "test": 15000},
        templates=with_ensemble("This is a photo of {} objects."),
        how_to_get=(
            "Download CLEVR_v1.0.zip from cs.stanford.edu/people/jcjohns/clevr, and the split "
            "file from BlackVIP's authors (github.com/changdaeoh/BlackVIP)."
        ),
        folder="CLEVR_v1.0",
    )
    image_folder = "images"
    split_file = "split_mlai_CLEVR.json"
