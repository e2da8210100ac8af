"""ImageNet-V2, -Sketch, -A and -R: other images of ImageNet's classes, for testing only."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.datasets.folders import subfolders
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import LabelledFile, Listing
from benchmarks.datasets.templates import PHOTO, with_ensemble
from benchmarks.datasets.zoo.imagenet_classes import ImageNetFamily


@dataclass(frozen=True)
class _Source:
    """Where a variant is downloaded from, and its folder."""

    address: str
    folder: str
    size: str

    def card(self, name: str, title: str, classes: int, images: int) -> Card:
        return Card(
            name=name,
            title=title,
            classes=classes,
            images={"train": 0, "val": 0, "test": images},
            templates=with_ensemble(PHOTO),
            how_to_get=f"Download it from {self.address} and unpack it in {self.folder}/.",
            folder=self.folder,
            size=self.size,
            licence="MIT for the collection, images by their owners",
        )


class ImageNetVariant(ImageNetFamily):
    """A test-only variant with folders named by WordNet ids.

    Labels number the classes that it has, in ImageNet's order; `imagenet_labels` translates them
    to ImageNet's labels.
    """

    def listing(self) -> Listing:
        return {"train": [], "val": [], "test": self.images_of(self._wnids)}

    def classes(self) -> Sequence[LabelledFile]:
        return self.classes_of(self._wnids)

    def imagenet_labels(self) -> tuple[int, ...]:
        """ImageNet's label of each class here."""
        return tuple(map(self.imagenet_label, self._wnids.values()))

    @cached_property
    def _wnids(self) -> dict[str, str]:
        """WordNet id by folder, in ImageNet's order."""
        names = subfolders(self.images)
        return {wnid: wnid for wnid in sorted(names, key=self.imagenet_label)}


class ImageNetV2(ImageNetVariant):
    """ImageNet-V2, matched frequency; folders are named by ImageNet's labels, 0 to 999."""

    card = _Source(
        address="huggingface.co/datasets/vaishaal/ImageNetV2",
        folder="imagenetv2",
        size="1.2 GB",
    ).card("imagenet_v2", "ImageNet-V2 (matched frequency)", 1000, 10_000)
    image_folder = "imagenetv2-matched-frequency-format-val"

    @cached_property
    def _wnids(self) -> dict[str, str]:
        return {str(label): wnid for label, wnid in enumerate(self.names)}


class ImageNetSketch(ImageNetVariant):
    """ImageNet-Sketch."""

    card = _Source(
        address="github.com/HaohanWang/ImageNet-Sketch",
        folder="imagenet-sketch",
        size="7 GB",
    ).card("imagenet_sketch", "ImageNet-Sketch", 1000, 50_889)
    image_folder = "images"


class ImageNetA(ImageNetVariant):
    """ImageNet-A: natural adversarial examples of 200 classes."""

    card = _Source(
        address="github.com/hendrycks/natural-adv-examples",
        folder="imagenet-adversarial",
        size="0.7 GB",
    ).card("imagenet_a", "ImageNet-A", 200, 7_500)
    image_folder = "imagenet-a"


class ImageNetR(ImageNetVariant):
    """ImageNet-R: renditions of 200 classes."""

    card = _Source(
        address="github.com/hendrycks/imagenet-r",
        folder="imagenet-rendition",
        size="2.2 GB",
    ).card("imagenet_r", "ImageNet-R", 200, 30_000)
    image_folder = "imagenet-r"
