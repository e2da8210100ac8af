"""SVHN, Street View House Numbers (cropped digits)."""

from pathlib import Path

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.download import WORKPLACE, failures_told, move
from benchmarks.datasets.folders import images_in, subfolders
from benchmarks.datasets.interface import Card
from benchmarks.datasets.own_split import Division, LabelledFile, Listing, official_division
from benchmarks.datasets.templates import with_ensemble


class SvhnDownload:
    """Fetches the cropped digits, which come as MATLAB arrays, and writes them as files."""

    def fetch(self, data_root: Path) -> None:
        """Writes `svhn/{train,test}/<digit>/<number>.png`.

        Raises:
            DownloadFailed: the network failed, or a checksum is wrong.
        """
        from torchvision.datasets import SVHN

        workplace = data_root / WORKPLACE / "SVHN"
        workplace.mkdir(parents=True, exist_ok=True)
        for part in ("train", "test"):
            with failures_told("SVHN"):
                digits = SVHN(str(workplace), split=part, download=True)
            made = workplace / part
            for number, (image, digit) in enumerate(digits):
                folder = made / str(digit)
                folder.mkdir(parents=True, exist_ok=True)
                image.save(folder / f"{number:06d}.png")
            move(made, data_root / "svhn" / part)


class Svhn(CoopSplitDataset):
    """SVHN in BlackVIP's layout: train and val from a split file, test from the folder."""

    card = Card(
        name="svhn",
        title="SVHN",
        classes=10,
        images={"train": 51280, "val": 21977, "test": 26032},
        templates=with_ensemble("This is a photo of a {}."),
        how_to_get=(
            "Download it from ufldl.stanford.edu/housenumbers, write the cropped digits to "
            "train/<digit>/ and test/<digit>/, and take split_mlai_SVHN.json from BlackVIP's "
            "authors (github.com/changdaeoh/BlackVIP)."
        ),
        folder="svhn",
        size="250 MB",
        licence="for non-commercial use",
    )
    download = SvhnDownload()
    image_folder = "."
    needed = ("train", "test")
    from_file = ("train", "val")

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

    def _digits(self, part: str) -> list[LabelledFile]:
        """Images by digit; sorted, so that the order is the same everywhere."""
        digits = [name for name in subfolders(self.folder / part) if name.isdigit()]
        return images_in(self.folder, [(f"{part}/{name}", int(name), name) for name in digits])
