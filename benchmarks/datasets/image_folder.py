"""Datasets whose images are files below one folder."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain, count, islice
from operator import itemgetter
from os.path import isfile
from pathlib import Path, PurePosixPath

from benchmarks.datasets.class_names import MOST, both, shown
from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.folders import OFFICIAL, FolderRule, ignored_in, strays, subfolders
from benchmarks.datasets.identity.file_hashes import (
    Announce,
    sha256_of,
    silent,
    sizes_of,
    stamps_of,
)
from benchmarks.datasets.interface import DatasetError, Identity, Item, Source, Split
from benchmarks.datasets.items import Items
from benchmarks.datasets.lookalikes import lookalike
from benchmarks.datasets.looking import of_dataset, present
from benchmarks.datasets.own_split import LabelledFile, Listing
from benchmarks.datasets.texts import CONTROL, reason_of
from benchmarks.datasets.tree.folder import Folder
from benchmarks.quoting import quoted


class ImageFolderDataset(EncodedDataset):
    """Images as files. `listing` names each file with its label and class name.

    Class attributes:
        image_folder: folder of the images below the dataset's folder.
        needed: files and folders below the dataset's folder that must exist, besides the images.
        rule: which files in class folders are images.
    """

    image_folder: str = "images"
    identified_by: Identity = "size"
    needed: tuple[str, ...] = ()
    rule: FolderRule = OFFICIAL

    @cached_property
    def folder(self) -> Path:
        """The dataset's own folder, or the only one in it, where archives are unpacked to.

        Raises:
            DatasetError: a folder can't be looked at.
        """
        outer = super().folder
        if not self._is_whole(outer):
            inner = subfolders(outer)
            if len(inner) == 1 and self._is_whole(outer / inner[0]):
                return outer / inner[0]
        return outer

    def _is_whole(self, folder: Path) -> bool:
        return all(present(folder / name) for name in (*self.needed, self.image_folder))

    @abstractmethod
    def listing(self) -> Listing:
        """All labelled files by split, in their official order.

        Raises:
            DatasetError: a list file is missing or malformed.
        """

    def classes(self) -> Sequence[LabelledFile]:
        """Folders, labels and names of the classes that there should be, with or without images.

        The folder is empty for a class that has none; no classes if images alone tell them.
        """
        return ()

    def listed_in(self) -> tuple[str, str]:
        """What tells the classes and images, and what to do when it tells too little."""
        return f"the lists in {self.folder}", self.card.how_to_get

    def source(self) -> Source:
        text, remedy = self.listed_in()
        base, classes = self.images, self.classes()
        beside = (one for part in self.above(classes) for one in strays(base / part, self.rule))
        ignored = (*ignored_in(base, classes, self.rule), *beside)
        base.remember()
        return Source(text, remedy, ignored)

    def above(self, classes: Sequence[LabelledFile]) -> list[str]:
        """The folders that hold class folders, and so should hold no images."""
        folders = {folder for folder, _, _ in classes if folder}
        return sorted({str(PurePosixPath(folder).parent) for folder in folders} - folders)

    def missing(self) -> str | None:
        with of_dataset(self.card.name):
            return self.absence()

    def absence(self) -> str | None:
        """What `missing` says.

        Raises:
            Unlisted: a folder can't be looked at.
        """
        for name in (*self.needed, self.image_folder):
            path = self.folder / name
            if not present(path):
                other = lookalike(path)
                if other is None:
                    return f"{path} is not there. {self.card.how_to_get}"
                called = path.parts[len(other.parts) - 1]
                return f"{path} is not there. Rename {other} to {called}."
        return None

    def class_names(self) -> tuple[str, ...]:
        return tuple(self._names[label] for label in range(len(self._names)))

    def items(self, split: Split) -> Sequence[Item]:
        return self._items[split]

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        paths = self._paths(items)
        return sha256_of(paths, announce) if self.identified_by == "sha256" else sizes_of(paths)

    def stamps(self, items: Sequence[Item]) -> Sequence[str]:
        return stamps_of(self._paths(items))

    def absent(self, items: Sequence[Item]) -> str | None:
        folder = self.folder / self.image_folder
        return next((i.reference for i in items if not isfile(folder / i.reference)), None)  # noqa: PTH113

    def encoded(self, item: Item) -> bytes:
        """The bytes of the image's file.

        Raises:
            ImageUnreadable: the file is missing or can't be read.
        """
        try:
            return (self.folder / self.image_folder / item.reference).read_bytes()
        except FileNotFoundError:
            raise self.unreadable(item, f"no such file in {self.images.path}") from None
        except (OSError, ValueError) as error:  # the latter for a path that none can be
            raise self.unreadable(item, reason_of(error)) from None

    def _paths(self, items: Sequence[Item]) -> list[str]:
        folder = self.folder / self.image_folder
        return [f"{folder}/{item.reference}" for item in items]

    @cached_property
    def images(self) -> Folder:
        """The folder of the images, listed as far as it was asked for."""
        return Folder.remembered(self.folder / self.image_folder)

    @cached_property
    def _items(self) -> Mapping[Split, Items]:
        return {
            split: Items([path for path, _, _ in rows], [label for _, label, _ in rows])
            for split, rows in self._listing.items()
        }

    @cached_property
    def _listing(self) -> Listing:
        reason = self.missing()
        if reason is not None:
            raise DatasetError(f"dataset {self.card.name}: {reason}")
        with of_dataset(self.card.name):
            listing = self.listing()
        self._check_inside([row[0] for rows in listing.values() for row in rows])
        self.images.remember()
        return listing

    @cached_property
    def _names(self) -> dict[int, str]:
        names: dict[int, str] = {}
        rows = chain(self.classes(), *self._listing.values())
        for label, name in dict.fromkeys(map(itemgetter(1, 2), rows)):
            known = names.setdefault(label, name)
            if known != name:
                raise self._malformed(f"label {label} is called both {both(known, name)}")
        if names and min(names) < 0:
            raise self._malformed(f"expected labels from 0, got {min(names)}")
        gaps = list(islice((label for label in count() if label not in names), MOST))
        if names and gaps[0] < max(names):
            absent = shown(str(label) for label in gaps if label < max(names))
            raise self._malformed(
                f"expected labels 0 to {max(names)} without gaps, but no image has label {absent}"
            )
        return names

    def _check_inside(self, paths: Sequence[str]) -> None:
        text = " ".join(("", *paths))
        if ".." not in text and " /" not in text and text.isprintable():  # mostly, and soon seen
            return
        for path in paths:
            if path.startswith("/") or ".." in path.split("/"):
                raise self._malformed(f"the path {quoted(path)} leads out of the image folder")
            if not path.isprintable() and CONTROL.search(path):
                raise self._unusable(path)

    def _unusable(self, path: str) -> DatasetError:
        what = f"the path {quoted(path)} has a character that no path has"
        if "\0" in path or not isfile(self.folder / self.image_folder / path):  # noqa: PTH113
            return self._malformed(what)
        return DatasetError(f"dataset {self.card.name}: {what}, such as a line end. Rename it.")

    def _malformed(self, what: str) -> DatasetError:
        text, remedy = self.listed_in()
        return DatasetError(f"dataset {self.card.name}: in {text}, {what}. {remedy}")
