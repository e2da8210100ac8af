"""ImageNet (ILSVRC 2012)."""

from __future__ import annotations

from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import LabelledFile, Listing
from benchmarks.datasets.templates import PHOTO, with_ensemble
from benchmarks.datasets.zoo.imagenet_classes import ImageNetFamily


class ImageNet(ImageNetFamily):
    """ImageNet in CoOp's layout; the official validation images are the test split."""

    card = Card(
        name="imagenet",
        title="ImageNet",
        classes=1000,
        images={"train": 1_281_167, "val": 0, "test": 50_000},
        templates=with_ensemble(PHOTO),
        how_to_get=(
            "Download ILSVRC 2012 from image-net.org (registration needed) to images/train and "
            "images/val, one folder per class, and classnames.txt from CoOp's authors "
            "(github.com/KaiyangZhou/CoOp)."
        ),
        folder="imagenet",
        size="145 GB",
        licence="for non-commercial research, by agreement",
    )

    def needed(self) -> tuple[str, ...]:
        return ("images/train", "images/val")

    def listing(self) -> Listing:
        return {
            "train": self._images("train"),
            "val": [],  # as in the paper: validation images would have to come from the test images
            "test": self._images("val"),
        }

    def _images(self, part: str) -> list[LabelledFile]:
        return [
            row
            for label, wnid in enumerate(self.names)
            for row in self.images_of(f"{part}/{wnid}", label, wnid)
        ]
