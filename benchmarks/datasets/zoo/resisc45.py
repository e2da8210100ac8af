"""NWPU-RESISC45."""

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class Resisc45(CoopSplitDataset):
    """NWPU-RESISC45, in CoOp's layout."""

    card = Card(
        name="resisc45",
        title="NWPU-RESISC45",
        classes=45,
        images={"train": 15750, "val": 6300, "test": 9450},
        templates=with_ensemble("This is a photo of a {}."),
        how_to_get=(
            "Download NWPU-RESISC45.rar from the dataset's authors, and the split file from "
            "BlackVIP's authors (github.com/changdaeoh/BlackVIP)."
        ),
        folder="resisc45",
        size="430 MB",
        licence="not stated; for research",
    )
    image_folder = "NWPU-RESISC45"
    split_file = "split_mlai_Resisc45.json"
