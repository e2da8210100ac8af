"""Food-101."""

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, LabelledFile, official_division
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_lines


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
        size="5 GB",
        licence="not stated; images by their owners (foodspotting.com)",
    )
    download = Download("Food101", "food-101", "food-101")
    image_folder = "images"
    split_file = "split_zhou_Food101.json"
    fallback_needs = ("meta/classes.txt", "meta/train.txt", "meta/test.txt")

    def fallback(self) -> Division:
        names = sorted(read_lines(self.folder / "meta" / "classes.txt", self.card.name))
        labels = {name: label for label, name in enumerate(names)}
        train, test = self._listed("train.txt", labels), self._listed("test.txt", labels)
        return official_division(train, test, "official lists", self.classes_named(names))

    def _listed(self, file: str, labels: dict[str, int]) -> list[LabelledFile]:
        """Lines such as `apple_pie/1005649`."""
        lines = read_lines(self.folder / "meta" / file, self.card.name)
        return self.in_class_folders([f"{line}.jpg" for line in lines], labels)
