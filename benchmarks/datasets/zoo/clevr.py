"""CLEVR (counting)."""

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.download import Download
from benchmarks.datasets.interface import Card, DatasetError
from benchmarks.datasets.own_split import Division, LabelledFile, official_division
from benchmarks.datasets.templates import with_ensemble
from benchmarks.datasets.texts import read_json
from benchmarks.quoting import brief

_NUMBERS = sorted(map(str, range(3, 11)))


class Clevr(CoopSplitDataset):
    """CLEVR (counting), in CoOp's layout."""

    card = Card(
        name="clevr",
        title="CLEVR (counting)",
        classes=8,
        images={"train": 56000, "val": 14000, "test": 15000},
        templates=with_ensemble("This is a photo of {} objects."),
        how_to_get=(
            "Download CLEVR_v1.0.zip from cs.stanford.edu/people/jcjohns/clevr, and the split "
            "file from BlackVIP's authors (github.com/changdaeoh/BlackVIP)."
        ),
        folder="CLEVR_v1.0",
        size="18 GB",
        licence="CC BY 4.0",
    )
    download = Download("CLEVRClassification", "clevr/CLEVR_v1.0", "CLEVR_v1.0")
    image_folder = "images"
    split_file = "split_mlai_CLEVR.json"
    fallback_needs = ("scenes/CLEVR_train_scenes.json", "scenes/CLEVR_val_scenes.json")

    def fallback(self) -> Division:
        """The official test images have no labels, so the validation images test."""
        origin = "official training and validation images"
        classes = [("", label, number) for label, number in enumerate(_NUMBERS)]
        return official_division(self._counted("train"), self._counted("val"), origin, classes)

    def _counted(self, part: str) -> list[LabelledFile]:
        """Images by their number of objects; classes in the order of strings: 10, 3, ..., 9."""
        path = self.folder / "scenes" / f"CLEVR_{part}_scenes.json"
        labels = {number: label for label, number in enumerate(_NUMBERS)}
        try:
            scenes = read_json(path, self.card.name)["scenes"]
            counts = {scene["image_filename"]: str(len(scene["objects"])) for scene in scenes}
            return [(f"{part}/{file}", labels[n], n) for file, n in sorted(counts.items())]
        except (KeyError, TypeError) as error:
            raise DatasetError(
                f"dataset {self.card.name}: {path} lacks {brief(error)}. Unpack "
                f"CLEVR_v1.0.zip again."
            ) from None
