"""SVHN, Street View House Numbers (cropped digits)."""

from __future__ import annotations

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.image_folder import LabelledFile
from benchmarks.datasets.interface import Card, Split
from benchmarks.datasets.templates import with_ensemble


class Svhn(CoopSplitDataset):
    """SVHN in BlackVIP's layout: train and val from a split file, test from the folder."""

    card = Card(
        name="svhn",
        title="SVHN",
        classes=10,
        images={"train": 51280, "val": 21977, "test": 26032},
        templates=with_ensemble("This is a photo of a {}."),
        how_to_get=(
            "Download it from ufldl.stanford.edu/housenumbers, write the cropped digits to "
            "train/<digit>/ and test/<digit>/, and take split_mlai_SVHN.json from BlackVIP's "
            "authors (github.com/changdaeoh/BlackVIP)."
        ),
        folder="svhn",
    )
    image_folder = "."
    from_file = ("train", "val")

    def split_name(self) -> str:
        """BlackVIP's guide and its code call the file by different names."""
        other = "split_SVHN.json"
        return other if (self.folder / other).is_file() else "split_mlai_SVHN.json"

    def needed(self) -> tuple[str, ...]:
        return (self.split_name(), "train", "test")

    def listing(self) -> dict[Split, list[LabelledFile]]:
        listing = super().listing()
        trained = {
            split: [(f"train/{path}", label, name) for path, label, name in listing[split]]
            for split in listing
        }
        return {**trained, "test": self._test()}

    def _test(self) -> list[LabelledFile]:
        """Test images by digit; sorted, so that the order is the same everywhere."""
        rows: list[LabelledFile] = []
        for folder in sorted(p for p in (self.folder / "test").iterdir() if p.is_dir()):
            files = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
            rows += [
                (f"test/{folder.name}/{name}", int(folder.name), folder.name) for name in files
            ]
        return rows
