"""A user's own images as files, however they are listed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from benchmarks.datasets.folders import OWN
from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import Card, Source
from benchmarks.datasets.own.class_folders import divide_folders
from benchmarks.datasets.own.split_folders import innermost
from benchmarks.datasets.own_split import Division, LabelledFile, Listing
from benchmarks.datasets.tree.folder import Folder


class OwnFiles(ImageFolderDataset):
    """Images below a folder.

    Args:
        folder: what paths are relative to.
        card: name and templates.
        divide: finds the images and checks what lists them; called when they are first needed.
        needed: files below the folder that must exist.
    """

    image_folder = "."
    upright = True
    identified_by = "sha256"
    rule = OWN

    def __init__(
        self,
        folder: Path,
        card: Card,
        divide: Callable[[], Division],
        needed: tuple[str, ...] = (),
    ) -> None:
        super().__init__(folder)
        self.card = card
        self.needed = needed
        self._divide = divide

    @property
    def folder(self) -> Path:
        """What paths are relative to: the folder that was given."""
        return self.root

    def listing(self) -> Listing:
        return self._division.listing

    def classes(self) -> Sequence[LabelledFile]:
        return self._division.classes

    def listed_in(self) -> tuple[str, str]:
        if self.needed:
            return f"the manifest {self.folder / self.needed[0]}", "Correct it."
        remedy = "Put images into its class folder, or delete the folder."
        return f"the class folders in {self.folder}", remedy

    def source(self) -> Source:
        source = super().source()
        nested = self._nested() if self.classes() else 0
        return replace(source, nested=nested, notes=self._division.notes)

    def above(self, classes: Sequence[LabelledFile]) -> list[str]:
        """With the dataset's own folder, where train/ and test/ lie."""
        return sorted({".", *super().above(classes)}) if classes else []

    def _nested(self) -> int:
        """How many images lie deeper than directly in a class folder."""
        folders = {folder for folder, _, _ in self.classes()}
        listed = ((self.images / folder).contents().files for folder in folders)
        direct = sum(len(self.rule.images(files)) for files in listed)
        return sum(map(len, self.listing().values())) - direct

    def revision(self) -> str:
        return self._division.origin

    def remark(self) -> str:
        return self._division.remark(self.card.name)

    @cached_property
    def _division(self) -> Division:
        return self._divide()


class OwnFolders(OwnFiles):
    """Images in class folders.

    Args:
        folder: where the class folders lie, or train/ and test/ above them; or a folder that holds
            nothing but that folder.
        card: name and templates.
    """

    def __init__(self, folder: Path, card: Card) -> None:
        super().__init__(folder, card, self._divided)

    @cached_property
    def folder(self) -> Path:
        """The inner folder: what paths are relative to, whatever archive they came from.

        Raises:
            DatasetError: a folder can't be read.
        """
        return self.images.path

    @cached_property
    def images(self) -> Folder:
        """The inner folder, with what has been listed."""
        return innermost(Folder.remembered(self.root))

    def source(self) -> Source:
        source = super().source()
        if self.folder == self.root:
            return source
        return replace(source, notes=(f"it is read from {self.folder}", *source.notes))

    def _divided(self) -> Division:
        return divide_folders(self.images, self.card.name)
