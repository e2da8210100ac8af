"""ImageNet (ILSVRC 2012)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.folders import subfolders
from benchmarks.datasets.interface import Card, Ignored, Source
from benchmarks.datasets.own_split import LabelledFile, Listing
from benchmarks.datasets.templates import IMAGENET_SELECTION, PHOTO, with_ensemble
from benchmarks.datasets.zoo.imagenet_classes import ImageNetFamily


class ImageNet(ImageNetFamily):
    """ImageNet in CoOp's layout; the official validation images are the test split.

    Few-shot draws follow the sorted names of files. Published ones follow the order in which a file
    system lists them, so they can't be reproduced.
    """

    card = Card(
        name="imagenet",
        title="ImageNet",
        classes=1000,
        images={"train": 1_281_167, "val": 0, "test": 50_000},
        templates=with_ensemble(PHOTO),
        ensemble=IMAGENET_SELECTION,  # in the field, the own template joins it elsewhere alone
        how_to_get=(
            "Download ILSVRC 2012 from image-net.org (registration needed) to images/train and "
            "images/val, one folder per class, and classnames.txt from CoOp's authors "
            "(github.com/KaiyangZhou/CoOp)."
        ),
        folder="imagenet",
        size="145 GB",
        licence="for non-commercial research, by agreement",
    )
    needed = ("images/train", "images/val")

    def listing(self) -> Listing:
        return {
            "train": self.images_of(self._folders("train")),
            "val": [],  # as in the paper: validation images would have to come from the test images
            "test": self.images_of(self._folders("val")),
        }

    def classes(self) -> Sequence[LabelledFile]:
        return [row for part in ("train", "val") for row in self.classes_of(self._folders(part))]

    def source(self) -> Source:
        source = super().source()
        return replace(source, ignored=(*source.ignored, *self._unlisted()))

    def _unlisted(self) -> Iterator[Ignored]:
        """The images in folders that no class is known of."""
        base, parts = self.images, ("train", "val")
        unlisted = [f"{p}/{wnid}" for p in parts for wnid in subfolders(base / p, self.names)]
        place = f"in folders that the list of classes lacks ({shown(unlisted)})"
        images = (image for folder in unlisted for image in self.rule.paths(base / folder))
        return (Ignored(None, "", place) for _ in images)

    def _folders(self, part: str) -> dict[str, str]:
        """WordNet id by folder, in the order of labels."""
        return {f"{part}/{wnid}": wnid for wnid in self.names}
