"""Oxford 102 Flowers."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.interface import Card
from benchmarks.datasets.matlab import read_mat
from benchmarks.datasets.own_split import Division, LabelledFile, Listing
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_json


class OxfordFlowers(CoopSplitDataset):
    """Oxford 102 Flowers, in CoOp's layout."""

    card = Card(
        name="oxford_flowers",
        title="Oxford 102 Flowers",
        classes=102,
        images={"train": 4093, "val": 1633, "test": 2463},
        templates=with_ensemble("a photo of a {}, a type of flower."),
        how_to_get=f"Download it from www.robots.ox.ac.uk/~vgg/data/flowers/102. {GUIDE}.",
        folder="oxford_flowers",
        size="345 MB",
        licence="not stated; for research",
    )
    download = Download("Flowers102", "flowers-102", "oxford_flowers")
    image_folder = "jpg"
    split_file = "split_zhou_OxfordFlowers.json"
    fallback_needs = ("imagelabels.mat", "setid.mat")

    def fallback(self) -> Division:
        numbers = read_mat(self.folder / "setid.mat", self.card.name)
        listing: Listing = {
            "train": self._numbered(numbers["trnid"].ravel()),
            "val": self._numbered(numbers["valid"].ravel()),
            "test": self._numbered(numbers["tstid"].ravel()),
        }
        origin = "official split (10 training images a class)"  # part of keys
        return Division(listing, origin, tuple(self._classes()))

    def _classes(self) -> list[LabelledFile]:
        """The classes that images have; a copy's names may be of more."""
        kinds = sorted({int(kind) for kind in self._kinds})
        return [("", kind - 1, self.readable(self._kind_names[str(kind)])) for kind in kinds]

    def _numbered(self, numbers: Iterable[int]) -> list[LabelledFile]:
        """Images and their classes, both counted from 1 in the files."""
        rows = []
        for number in map(int, numbers):
            kind = int(self._kinds[number - 1])
            name = self.readable(self._kind_names[str(kind)])
            rows.append((f"image_{number:05d}.jpg", kind - 1, name))
        return rows

    @cached_property
    def _kinds(self) -> Sequence[int]:
        kinds: Sequence[int] = read_mat(self.folder / "imagelabels.mat", self.card.name)[
            "labels"
        ].ravel()
        return kinds

    @cached_property
    def _kind_names(self) -> dict[str, str]:
        """Class names by number, as CoOp's file has them, or else torchvision."""
        path = self.folder / "cat_to_name.json"
        if path.is_file():
            return read_json(path, self.card.name)
        from torchvision.datasets import Flowers102

        return {str(number): name for number, name in enumerate(Flowers102.classes, start=1)}
