"""ImageNet's classes: folder names (WordNet ids) and class names, in the order of its labels."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from benchmarks.datasets.class_names import both
from benchmarks.datasets.folders import images_in
from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own_split import LabelledFile
from benchmarks.datasets.texts import read_lines
from benchmarks.quoting import cut, quoted

CLASSES_FILE = "classnames.txt"
CURATED = "OpenAI's class names as open_clip has them"

PUBLISHED_NAMES = "dbaf6e40efc7719344b492649f2a046c3bfaca823b650cefc8a265a5fbcdf806"
"""SHA-256 over the 1,000 WordNet ids and names of CoOp's `classnames.txt`, in order of label."""


class ImageNetFamily(ImageFolderDataset):
    """ImageNet and its variants.

    Class names come from `classnames.txt` in the dataset's folder or in ImageNet's. If neither has
    the file, they are OpenAI's names as open_clip has them. Names are part of every key, so results
    with equal names have equal keys, wherever the names come from.
    """

    @cached_property
    def names(self) -> dict[str, str]:
        """Class name by WordNet id, in the order of ImageNet's labels.

        Raises:
            DatasetError: the file is malformed.
        """
        path = self._classes_file
        return curated_names() if path is None else _read_names(path, self.card.name)

    def imagenet_label(self, wnid: str) -> int:
        """ImageNet's label of a WordNet id.

        Raises:
            DatasetError: ImageNet has no such class.
        """
        if wnid not in self._labels:
            raise DatasetError(
                f"dataset {self.card.name}: {self.folder / self.image_folder} has a folder "
                f"{wnid!r}, which is none of ImageNet's {len(self.names)} classes. Expected "
                f"WordNet ids such as n01440764."
            )
        return self._labels[wnid]

    @cached_property
    def _labels(self) -> dict[str, int]:
        return {wnid: label for label, wnid in enumerate(self.names)}

    def revision(self) -> str:
        return CLASSES_FILE

    def remark(self) -> str:
        if digest_of(self.names) == PUBLISHED_NAMES:
            return ""
        if self._classes_file is not None:
            return f"{self.card.name}: the class names in {CLASSES_FILE} are not those of CoOp's"
        return f"{self.card.name}: {CLASSES_FILE} is missing: {CURATED}, which differ from it"

    def split_as_published(self) -> bool:
        """Always: a remark is on names of classes, and folders tell the splits."""
        return True

    def images_of(self, wnids: Mapping[str, str]) -> list[LabelledFile]:
        """The images in class folders, given each folder's WordNet id in the order of labels."""
        return images_in(self.images, self.classes_of(wnids))

    def classes_of(self, wnids: Mapping[str, str]) -> list[LabelledFile]:
        """Classes, given each one's folder and its WordNet id in the order of labels."""
        return [(f, label, self.names[wnid]) for label, (f, wnid) in enumerate(wnids.items())]

    def listed_in(self) -> tuple[str, str]:
        return f"the class folders in {self.folder / self.image_folder}", "Copy its images there."

    @cached_property
    def _classes_file(self) -> Path | None:
        paths = (self.folder / CLASSES_FILE, self.root / "imagenet" / CLASSES_FILE)
        return next((path for path in paths if path.is_file()), None)


def digest_of(names: Mapping[str, str]) -> str:
    """SHA-256 over WordNet ids and names, in their order."""
    return hashlib.sha256(json.dumps(list(names.items())).encode()).hexdigest()


@cache
def curated_names() -> dict[str, str]:
    """Class names by WordNet id, from libraries: timm has the ids, open_clip the names."""
    from open_clip import IMAGENET_CLASSNAMES
    from timm.data.imagenet_info import ImageNetInfo

    info: Any = ImageNetInfo("imagenet1k")
    ids: list[str] = info.label_names()
    return dict(zip(ids, IMAGENET_CLASSNAMES, strict=True))


def _read_names(path: Path, dataset: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for line in read_lines(path, dataset):
        wnid, *rest = line.split(maxsplit=1)  # at a blank or a tab
        if not rest:
            raise DatasetError(
                f"dataset {dataset}: {path} must have lines such as 'n01440764 tench', "
                f"got {quoted(line)}."
            )
        known = names.setdefault(wnid, rest[0])
        if known != rest[0]:
            raise DatasetError(
                f"dataset {dataset}: {path} calls {cut(wnid)} both {both(known, rest[0])}. "
                f"Download it again."
            )
    # Labels follow the sorted ids, as everywhere in the field.
    return {wnid: names[wnid] for wnid in sorted(names)}
