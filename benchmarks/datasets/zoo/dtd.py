"""Describable Textures (DTD)."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset, Fallback
from benchmarks.datasets.download import Download
from benchmarks.datasets.folders import read_lines, subfolders
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import LabelledFile
from benchmarks.datasets.templates import with_ensemble


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

    def fallback(self) -> Fallback:
        names = subfolders(self.folder / self.image_folder)
        labels = {name: label for label, name in enumerate(names)}
        return Fallback(
            {
                "train": self._listed("train1.txt", labels),
                "val": self._listed("val1.txt", labels),
                "test": self._listed("test1.txt", labels),
            },
            "first of the ten official partitions",
        )

    def _listed(self, file: str, labels: dict[str, int]) -> list[LabelledFile]:
        """Lines such as `banded/banded_0002.jpg`."""
        lines = read_lines(self.folder / "labels" / file, self.card.name)
        return [
            (line, labels[name], self.readable(name))
            for line, name in ((line, line.split("/")[0]) for line in lines)
        ]
