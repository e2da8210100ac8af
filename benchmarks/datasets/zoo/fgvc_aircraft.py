"""FGVC Aircraft, 100 variants."""

from collections.abc import Sequence

from benchmarks.datasets.download import Download
from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import SPLITS, Card, DatasetError
from benchmarks.datasets.own_split import LabelledFile, Listing
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_lines
from benchmarks.quoting import quoted


class FgvcAircraft(ImageFolderDataset):
    """FGVC Aircraft with its own lists of variants."""

    card = Card(
        name="fgvc_aircraft",
        title="FGVC Aircraft",
        classes=100,
        images={"train": 3334, "val": 3333, "test": 3333},
        templates=with_ensemble("a photo of a {}, a type of aircraft."),
        how_to_get=(
            "Download fgvc-aircraft-2013b from www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft and "
            "call its data folder fgvc_aircraft."
        ),
        folder="fgvc_aircraft",
        size="2.8 GB",
        licence="for non-commercial research",
    )
    download = Download("FGVCAircraft", "fgvc-aircraft-2013b/data", "fgvc_aircraft")
    needed = ("variants.txt", *(f"images_variant_{split}.txt" for split in SPLITS))

    def listing(self) -> Listing:
        labels = {variant: label for _, label, variant in self.classes()}
        return {split: self._rows(f"images_variant_{split}.txt", labels) for split in SPLITS}

    def classes(self) -> Sequence[LabelledFile]:
        variants = read_lines(self.folder / "variants.txt", self.card.name)
        return [("", label, variant) for label, variant in enumerate(variants)]

    def _rows(self, file: str, labels: dict[str, int]) -> list[LabelledFile]:
        rows = []
        for line in read_lines(self.folder / file, self.card.name):
            number, _, variant = line.partition(" ")
            if variant not in labels:
                raise DatasetError(
                    f"dataset {self.card.name}: {file} names the variant {quoted(variant)}, which "
                    f"variants.txt doesn't. Download the lists again."
                )
            rows.append((f"{number}.jpg", labels[variant], variant))
        return rows
