"""A user's own images as files, however they are listed."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, Listing


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

    def listing(self) -> Listing:
        return self._division.listing

    def revision(self) -> str:
        return self._division.origin

    def remark(self) -> str:
        return self._division.remark(self.card.name)

    @cached_property
    def _division(self) -> Division:
        return self._divide()
