"""Describable Textures (DTD)."""

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.folders import subfolders
from benchmarks.datasets.interface import SPLITS, Card
from benchmarks.datasets.own_split import Division
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_lines


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
        size="600 MB",
        licence="for research",
    )
    download = Download("DTD", "dtd/dtd", "dtd")
    image_folder = "images"
    split_file = "split_zhou_DescribableTextures.json"
    fallback_needs = ("labels/train1.txt", "labels/val1.txt", "labels/test1.txt")

    def fallback(self) -> Division:
        names = subfolders(self.images)
        labels = {name: label for label, name in enumerate(names)}
        # Lines such as `banded/banded_0002.jpg`.
        lists = {split: self.folder / "labels" / f"{split}1.txt" for split in SPLITS}
        listing = {
            split: self.in_class_folders(read_lines(path, self.card.name), labels)
            for split, path in lists.items()
        }
        origin = "first of the ten official partitions"
        return Division(listing, origin, tuple(self.classes_named(names)))
