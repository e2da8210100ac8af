"""Oxford-IIIT Pets."""

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, LabelledFile, official_division
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_lines


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
        size="800 MB",
        licence="CC BY-SA 4.0",
    )
    download = Download("OxfordIIITPet", "oxford-iiit-pet", "oxford_pets")
    image_folder = "images"
    split_file = "split_zhou_OxfordPets.json"
    fallback_needs = ("annotations/trainval.txt", "annotations/test.txt")

    def fallback(self) -> Division:
        train, test = self._listed("trainval.txt"), self._listed("test.txt")
        return official_division(train, test, "official lists")

    def _listed(self, file: str) -> list[LabelledFile]:
        """Lines such as `Abyssinian_100 1 1 1`: image, class from 1, species, breed."""
        rows = []
        for line in read_lines(self.folder / "annotations" / file, self.card.name):
            image, label = line.split()[:2]
            breed = image.rsplit("_", 1)[0].lower()
            rows.append((f"{image}.jpg", int(label) - 1, self.readable(breed)))
        return rows
