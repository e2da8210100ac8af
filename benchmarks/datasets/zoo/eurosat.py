"""EuroSAT."""

from collections.abc import Mapping

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class EuroSat(CoopSplitDataset):
    """EuroSAT, in CoOp's layout."""

    card = Card(
        name="eurosat",
        title="EuroSAT",
        classes=10,
        images={"train": 13500, "val": 5400, "test": 8100},
        templates=with_ensemble("a centered satellite photo of {}."),
        how_to_get=f"Download it from zenodo.org/records/7711810. {GUIDE}.",
        folder="eurosat",
        size="94 MB",
        licence="MIT",
    )
    download = Download("EuroSAT", "eurosat/2750", "eurosat/2750")
    image_folder = "2750"
    renamed: Mapping[str, str] = {
        "AnnualCrop": "Annual Crop Land",
        "HerbaceousVegetation": "Herbaceous Vegetation Land",
        "Highway": "Highway or Road",
        "Industrial": "Industrial Buildings",
        "Pasture": "Pasture Land",
        "PermanentCrop": "Permanent Crop Land",
        "Residential": "Residential Buildings",
        "SeaLake": "Sea or Lake",
    }
    split_file = "split_zhou_EuroSAT.json"
