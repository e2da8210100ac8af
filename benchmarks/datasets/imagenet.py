"""ImageNet (ILSVRC 2012)."""

from __future__ import annotations

from benchmarks.datasets.image_folder import ImageFolderDataset, LabelledFile, read_lines
from benchmarks.datasets.interface import Card, Split
from benchmarks.datasets.templates import PHOTO, with_ensemble


class ImageNet(ImageFolderDataset):
    """ImageNet in CoOp's layout; the official validation images are the test split."""

    card = Card(
        name="imagenet",
        title="ImageNet",
        classes=1000,
        images={"train": 1_281_167, "val": 0, "test": 50_000},
        templates=with_ensemble(PHOTO),
        how_to_get=(
            "Download ILSVRC 2012 from image-net.org (registration needed) to images/train and "
            "images/val, one folder a class, and classnames.txt from CoOp's authors "
            "(github.com/KaiyangZhou/CoOp)."
        ),
        folder="imagenet",
    )

    def needed(self) -> tuple[str, ...]:
        return ("classnames.txt", "images/train", "images/val")

    def listing(self) -> dict[Split, list[LabelledFile]]:
        names = {}
        for line in read_lines(self.folder / "classnames.txt", self.card.name):
            folder, _, name = line.strip().partition(" ")
            names[folder] = name
        # Labels follow the sorted folder names, as everywhere in the field.
        labels = {folder: label for label, folder in enumerate(sorted(names))}
        return {
            "train": self._rows("train", labels, names),
            "val": [],  # the paper draws none: it would come from the test images
            "test": self._rows("val", labels, names),
        }

    def _rows(self, part: str, labels: dict[str, int], names: dict[str, str]) -> list[LabelledFile]:
        rows: list[LabelledFile] = []
        for folder in sorted(labels):
            path = self.folder / "images" / part / folder
            files = sorted(p.name for p in path.iterdir()) if path.is_dir() else []
            rows += [(f"{part}/{folder}/{file}", labels[folder], names[folder]) for file in files]
        return rows
