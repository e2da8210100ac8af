"""Datasets whose images are files below one folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from benchmarks.datasets.interface import (
    Dataset,
    DatasetError,
    ImageUnreadable,
    Item,
    Split,
)

LabelledFile = tuple[str, int, str]
"""Path below the image folder, label, class name."""


class ImageFolderDataset(Dataset):
    """Images as files, listed by `listing`; class names come with the list.

    Class attributes:
        image_folder: folder of the images below the dataset's folder.
    """

    image_folder: str = "images"

    def needed(self) -> tuple[str, ...]:
        """Files and folders that must be there besides the images, below the dataset's folder."""
        return ()

    def listing(self) -> dict[Split, list[LabelledFile]]:
        """All labelled files by split, in their official order.

        Raises:
            DatasetError: a list file is missing or malformed.
        """
        raise NotImplementedError

    def missing(self) -> str | None:
        for name in (*self.needed(), self.image_folder):
            path = self.folder / name
            if not path.exists():
                return f"{path} is not there. {self.card.how_to_get}"
        return None

    def class_names(self) -> tuple[str, ...]:
        return tuple(self._names[label] for label in range(len(self._names)))

    def items(self, split: Split) -> Sequence[Item]:
        return [Item(path, label) for path, label, _ in self._listing[split]]

    def absent(self, items: Sequence[Item]) -> str | None:
        folder = self.folder / self.image_folder
        return next((i.reference for i in items if not (folder / i.reference).is_file()), None)

    def open(self, item: Item) -> Image.Image:
        """Decodes as CoOp does: to RGB, and without turning by EXIF orientation."""
        try:
            with Image.open(self.folder / self.image_folder / item.reference) as image:
                return image.convert("RGB")
        except FileNotFoundError:
            raise ImageUnreadable(self.card.name, item.reference, "no such file") from None
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise ImageUnreadable(self.card.name, item.reference, str(error)) from None

    @cached_property
    def _listing(self) -> dict[Split, list[LabelledFile]]:
        reason = self.missing()
        if reason is not None:
            raise DatasetError(f"dataset {self.card.name}: {reason}")
        listing = self.listing()
        for path, _, _ in (row for rows in listing.values() for row in rows):
            self._check_inside(path)
        return listing

    @cached_property
    def _names(self) -> dict[int, str]:
        names: dict[int, str] = {}
        for rows in self._listing.values():
            for _, label, name in rows:
                known = names.setdefault(label, name)
                if known != name:
                    raise DatasetError(
                        f"dataset {self.card.name}: label {label} is called both {known!r} and "
                        f"{name!r}. Mend the split file."
                    )
        if sorted(names) != list(range(len(names))):
            raise DatasetError(
                f"dataset {self.card.name}: expected labels 0 to {len(names) - 1} without gaps, "
                f"got {sorted(names)[:10]}... Mend the split file."
            )
        return names

    def _check_inside(self, path: str) -> None:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            raise DatasetError(
                f"dataset {self.card.name}: the path {path!r} leads out of the image folder. "
                f"Mend the split file."
            )


def read_lines(path: Path, dataset: str) -> list[str]:
    """The non-empty lines of a text file.

    Raises:
        DatasetError: the file can't be read as UTF-8 text.
    """
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"dataset {dataset}: can't read {path}: {error}.") from None
