"""UCF101 (middle frames)."""

import re

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, LabelledFile, official_division
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_lines


class Ucf101(CoopSplitDataset):
    """UCF101 (middle frames), in CoOp's layout."""

    card = Card(
        name="ucf101",
        title="UCF101 (middle frames)",
        classes=101,
        images={"train": 7639, "val": 1898, "test": 3783},
        templates=with_ensemble("a photo of a person doing {}."),
        how_to_get=f"Download it from the CoOp authors (UCF-101-midframes.zip). {GUIDE}.",
        folder="ucf101",
        size="1 GB",
        licence="not stated; for research",
    )
    image_folder = "UCF-101-midframes"
    split_file = "split_zhou_UCF101.json"
    # Frames of one group show the same people and place: only the official lists keep them apart.
    fallback_needs = (
        "ucfTrainTestlist/classInd.txt",
        "ucfTrainTestlist/trainlist01.txt",
        "ucfTrainTestlist/testlist01.txt",
    )

    def fallback(self) -> Division:
        numbered = [line.split() for line in self._lines("classInd.txt")]
        labels = {action: int(number) - 1 for number, action in numbered}
        train = self._listed("trainlist01.txt", labels)
        test = self._listed("testlist01.txt", labels)
        classes = [(_folder(action), n, self._words(action)) for action, n in labels.items()]
        return official_division(train, test, "first official list", classes)

    def _listed(self, file: str, labels: dict[str, int]) -> list[LabelledFile]:
        """Lines such as `HandStand/v_HandStand_g08_c01.avi 1`: a frame in Hand_Stand/."""
        rows = []
        for line in self._lines(file):
            action, video = line.split()[0].split("/")
            path = f"{_folder(action)}/{video.removesuffix('.avi')}.jpg"
            rows.append((path, labels[action], self._words(action)))
        return rows

    def _words(self, action: str) -> str:
        return self.readable(_folder(action))

    def _lines(self, file: str) -> list[str]:
        return read_lines(self.folder / "ucfTrainTestlist" / file, self.card.name)


def _folder(action: str) -> str:
    """`HandStand` as its folder is called: `Hand_Stand`."""
    return "_".join(re.findall("[A-Z][^A-Z]*", action))
