"""Caltech-101."""

from collections.abc import Mapping

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class Caltech101(CoopSplitDataset):
    """Caltech-101, in CoOp's layout."""

    card = Card(
        name="caltech101",
        title="Caltech-101",
        classes=100,
        images={"train": 4128, "val": 1649, "test": 2465},
        templates=with_ensemble("a photo of a {}."),
        how_to_get=f"Download it from data.caltech.edu/records/mzrjq-6wc02. {GUIDE}.",
        folder="caltech-101",
        size="137 MB",
        licence="CC BY 4.0",
    )
    download = Download(
        "Caltech101", "caltech101/101_ObjectCategories", "caltech-101/101_ObjectCategories"
    )
    image_folder = "101_ObjectCategories"
    renamed: Mapping[str, str] = {
        "airplanes": "airplane",
        "Faces": "face",
        "Leopards": "leopard",
        "Motorbikes": "motorbike",
    }
    ignored = ("BACKGROUND_Google", "Faces_easy")
    split_file = "split_zhou_Caltech101.json"
