"""SUN397."""

from __future__ import annotations

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset, Fallback
from benchmarks.datasets.folders import read_lines
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import HELD_OUT, LabelledFile, hold_out
from benchmarks.datasets.templates import with_ensemble


class Sun397(CoopSplitDataset):
    """SUN397, in CoOp's layout."""

    card = Card(
        name="sun397",
        title="SUN397",
        classes=397,
        images={"train": 15880, "val": 3970, "test": 19850},
        templates=with_ensemble("a photo of a {}."),
        how_to_get=f"Download it from vision.princeton.edu/projects/2010/SUN. {GUIDE}.",
        folder="sun397",
        size="37 GB",
        licence="not stated; for research",
    )
    image_folder = "SUN397"
    split_file = "split_zhou_SUN397.json"
    fallback_needs = ("ClassName.txt", "Training_01.txt", "Testing_01.txt")

    def fallback(self) -> Fallback:
        folders = self._lines("ClassName.txt")
        labels = {folder: label for label, folder in enumerate(folders)}
        train, val = hold_out(self._listed("Training_01.txt", labels))
        test = self._listed("Testing_01.txt", labels)
        origin = f"first of the ten official partitions, {HELD_OUT}"
        return Fallback({"train": train, "val": val, "test": test}, origin)

    def _listed(self, file: str, labels: dict[str, int]) -> list[LabelledFile]:
        """Lines such as `/a/athletic_field/outdoor/sun_x.jpg`: "outdoor athletic field"."""
        rows = []
        for path in self._lines(file):
            folder = path.rsplit("/", 1)[0]
            words = reversed(folder.split("/")[1:])
            rows.append((path, labels[folder], self.readable(" ".join(words))))
        return rows

    def _lines(self, file: str) -> list[str]:
        lines = read_lines(self.folder / file, self.card.name)
        return [line.removeprefix("/") for line in lines]
