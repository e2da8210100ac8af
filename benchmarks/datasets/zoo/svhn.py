"""SVHN, Street View House Numbers (cropped digits)."""

import re
from functools import cached_property
from pathlib import Path

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.download import WORKPLACE, DownloadFailed, failures_told, move
from benchmarks.datasets.folders import images_in, subfolders, visible_entries
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, LabelledFile, Listing, official_division
from benchmarks.datasets.templates import with_ensemble

PARTS = ("train", "test")
_OLD_FIRST = "000000.png"
"""What earlier versions of the download called the first digit of a part."""


class SvhnDownload:
    """Fetches the cropped digits, which come as MATLAB arrays, and writes them as files.

    Names and format are those of BlackVIP's script, to which its split file refers: JPEGs in the
    quality that Pillow has by default, called by their place in the array, from 00001.
    """

    def fetch(self, data_root: Path) -> None:
        """Writes `svhn/{train,test}/<digit>/<number>.jpg`.

        Raises:
            DownloadFailed: the network failed, a checksum is wrong, or the digits are there as an
                earlier version wrote them.
        """
        from torchvision.datasets import SVHN

        old = _old_names(data_root / "svhn")
        if old:
            raise DownloadFailed(old)
        workplace = data_root / WORKPLACE / "SVHN"
        workplace.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            with failures_told("SVHN"):
                digits = SVHN(str(workplace), split=part, download=True)
            made = workplace / "jpeg" / part
            for number, (image, digit) in enumerate(digits, start=1):
                folder = made / str(digit)
                folder.mkdir(parents=True, exist_ok=True)
                image.save(folder / f"{number:05d}.jpg")
            move(made, data_root / "svhn" / part)


class Svhn(CoopSplitDataset):
    """SVHN in BlackVIP's layout: train and val from a split file, test from the folder.

    With the split file, few-shot draws are those of BlackVIP's reader, which ZIP uses, for the same
    seed. It also lists test images in an order of its own, which changes no accuracy.
    """

    card = Card(
        name="svhn",
        title="SVHN",
        classes=10,
        images={"train": 51280, "val": 21977, "test": 26032},
        templates=with_ensemble("This is a photo of a {}."),
        how_to_get=(
            "Download it from ufldl.stanford.edu/housenumbers, write the cropped digits to "
            "train/<digit>/ and test/<digit>/ as JPEGs that are called by their place in the "
            "array (00001.jpg is the first), and take split_mlai_SVHN.json from BlackVIP's authors "
            "(github.com/changdaeoh/BlackVIP)."
        ),
        folder="svhn",
        size="250 MB",
        licence="for non-commercial use",
    )
    download = SvhnDownload()
    image_folder = "."
    needed = PARTS
    from_file = ("train", "val")

    def absence(self) -> str | None:
        reason = super().absence()
        if reason is None and self._has_split_file:
            return _old_names(self.folder)
        return reason

    def split_name(self) -> str:
        """BlackVIP's guide and its code call the file by different names."""
        other = "split_SVHN.json"
        return other if (self.folder / other).is_file() else "split_mlai_SVHN.json"

    def listing(self) -> Listing:
        listing = super().listing()
        if "test" in listing:
            return listing
        trained: Listing = {
            split: [(f"train/{path}", label, name) for path, label, name in rows]
            for split, rows in listing.items()
        }
        return {**trained, "test": self._digits("test")}

    def fallback(self) -> Division:
        train, test = self._digits("train"), self._digits("test")
        return official_division(train, test, "official training and test images")

    def shuffled_before_draw(self) -> tuple[int, ...]:
        """Class after class, its training files and then its test files.

        The reader does so although train and val come from the split file. Without that file
        nothing is shuffled, for then the split is no published one.
        """
        return self._lengths if self._has_split_file else ()

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        """Files by digit and part; counted once, for there are 99,289."""
        digits = subfolders(self.folder / "train")
        return tuple(
            visible_entries(self.folder / part / digit) for digit in digits for part in PARTS
        )

    def _digits(self, part: str) -> list[LabelledFile]:
        """Images by digit; sorted, so that the order is the same everywhere."""
        found = subfolders(self.images / part)
        digits = [name for name in found if re.fullmatch("[0-9]+", name)]
        return images_in(self.images, [(f"{part}/{name}", int(name), name) for name in digits])


def _old_names(folder: Path) -> str | None:
    """Says that the digits are there as earlier versions of the download wrote them, if so."""
    old = next((path for part in PARTS for path in folder.glob(f"{part}/*/{_OLD_FIRST}")), None)
    if old is None:
        return None
    return (
        f"{old} was written by an earlier `querycurve datasets prepare svhn`, as a PNG "
        f"with a number of its own; the split file names JPEGs, counted from 00001. Delete "
        f"{folder / 'train'} and {folder / 'test'}, and prepare svhn again."
    )
