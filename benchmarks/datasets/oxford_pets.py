"""Oxford-IIIT Pets."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.templates import with_ensemble


class OxfordPets(CoopSplitDataset):
    """Oxford-IIIT Pets, in CoOp's layout."""

    card = Card(
        name="oxford_pets",
        title="Oxford-IIIT Pets",
        classes=37,
        images={"train": 2944, "val": 736, "test": 3669},
        templates=with_ensemble("a photo of a {}, a type of pet."),
        how_to_get=f"Download it from www.robots.ox.ac.uk/~vgg/data/pets. {GUIDE}.",
        folder="oxford_pets",
    )
    image_folder = "images"
    split_file = "split_zhou_OxfordPets.json"
