"""SUN397."""

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.folders import images_in
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, LabelledFile, official_division, own_division
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_lines


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
        unsplit=108_754,
    )
    download = Download("SUN397", "SUN397", "sun397/SUN397")
    image_folder = "SUN397"
    split_file = "split_zhou_SUN397.json"

    def fallback(self) -> Division:
        folders = [name.removeprefix("/") for name in self._class_lines()]
        labels = {folder: label for label, folder in enumerate(folders)}
        classes = [(folder, label, self._words(folder)) for folder, label in labels.items()]
        if not (self.folder / "Training_01.txt").is_file():
            return own_division(images_in(self.images, classes), classes)
        train = self._listed("Training_01.txt", labels)
        test = self._listed("Testing_01.txt", labels)
        origin = "first of the ten official partitions"
        return official_division(train, test, origin, classes)

    def _class_lines(self) -> list[str]:
        """ClassName.txt comes with the partitions, and with the images."""
        beside = self.folder / "ClassName.txt"
        inside = self.folder / self.image_folder / "ClassName.txt"
        return read_lines(beside if beside.is_file() else inside, self.card.name)

    def _listed(self, file: str, labels: dict[str, int]) -> list[LabelledFile]:
        """Lines such as `/a/athletic_field/outdoor/sun_x.jpg`: "outdoor athletic field"."""
        lines = read_lines(self.folder / file, self.card.name)
        paths = [line.removeprefix("/") for line in lines]
        return [(path, labels[_parent(path)], self._words(_parent(path))) for path in paths]

    def _words(self, folder: str) -> str:
        return self.readable(" ".join(reversed(folder.split("/")[1:])))


def _parent(path: str) -> str:
    return path.rsplit("/", 1)[0]
