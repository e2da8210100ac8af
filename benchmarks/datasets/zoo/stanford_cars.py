"""Stanford Cars."""

from benchmarks.datasets.coop_split import GUIDE, CoopSplitDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.matlab import read_mat
from benchmarks.datasets.own_split import Division, LabelledFile, official_division
from benchmarks.datasets.templates import with_ensemble


class StanfordCars(CoopSplitDataset):
    """Stanford Cars, in CoOp's layout."""

    card = Card(
        name="stanford_cars",
        title="Stanford Cars",
        classes=196,
        images={"train": 6509, "val": 1635, "test": 8041},
        templates=with_ensemble("a photo of a {}."),
        how_to_get=(
            "Its first home, ai.stanford.edu/~jkrause/cars, is gone: get cars_train, cars_test, "
            f"devkit and cars_test_annos_withlabels.mat from a mirror. {GUIDE}."
        ),
        folder="stanford_cars",
        size="2 GB",
        licence="for non-commercial research",
    )
    image_folder = "."
    split_file = "split_zhou_StanfordCars.json"
    fallback_needs = (
        "devkit/cars_meta.mat",
        "devkit/cars_train_annos.mat",
        "cars_test_annos_withlabels.mat",
    )

    def fallback(self) -> Division:
        meta = read_mat(self.folder / "devkit" / "cars_meta.mat", self.card.name)
        names = [_year_first(str(name[0])) for name in meta["class_names"].ravel()]
        train = self._annotated("cars_train", "devkit/cars_train_annos.mat", names)
        test = self._annotated("cars_test", "cars_test_annos_withlabels.mat", names)
        classes = [("", label, name) for label, name in enumerate(names)]
        return official_division(train, test, "official split", classes)

    def _annotated(self, folder: str, file: str, names: list[str]) -> list[LabelledFile]:
        rows = []
        for entry in read_mat(self.folder / file, self.card.name)["annotations"].ravel():
            label = int(entry["class"].item()) - 1
            rows.append((f"{folder}/{entry['fname'].item()}", label, names[label]))
        return rows


def _year_first(name: str) -> str:
    """`Audi TT Hatchback 2011` as the field says it: `2011 Audi TT Hatchback`."""
    words = name.split(" ")
    return " ".join([words[-1], *words[:-1]])
