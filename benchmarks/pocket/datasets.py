"""The pocket's datasets: generated ones from Parquet files, and real digits from scikit-learn.

Sets are admitted by a rule on validation images (see README.md). Silhouettes, outlines and
negatives show the same shapes in different styles: tune on the first, test on the others.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.datasets.interface import (
    SPLITS,
    Card,
    Dataset,
    DatasetError,
    Item,
    Split,
)
from benchmarks.pocket.numerals import NUMERALS
from benchmarks.pocket.parquet_dataset import EMBEDDED, ParquetDataset

DATA = Path(__file__).parent / "data"

_DIGITS = "data/digits.csv.gz"


def _card(name: str, classes: int, *templates: str) -> Card:
    return Card(
        name=f"pocket_{name}",
        title=f"Pocket {name}",
        classes=classes,
        images={"train": 32 * classes, "val": 12 * classes, "test": 50 * classes},
        templates=templates,
        how_to_get=EMBEDDED,
    )


class PocketTextures(ParquetDataset):
    """Coarse black and white textures."""

    file = DATA / "textures.parquet"
    card = _card(
        "textures", 12, "a photo of a {} texture.", "a {} surface.", "a {} pattern.", "{} fabric."
    )


class PocketDots(ParquetDataset):
    """One to eight blurred black discs on white."""

    file = DATA / "dots.parquet"
    card = _card(
        "dots",
        8,
        "a photo of {} objects.",
        "{} circles.",
        "a picture of {} black discs.",
        "{} things.",
    )


class PocketLetters(ParquetDataset):
    """A small blurred black letter on white."""

    file = DATA / "letters.parquet"
    card = _card(
        "letters",
        12,
        "a photo of a {}.",
        "the letter {}.",
        "a blurred photo of the letter {}.",
        "a black {}.",
    )


class PocketSilhouettes(ParquetDataset):
    """A small black shape on white; the plain style of the two sets below."""

    file = DATA / "silhouettes.parquet"
    card = _card("silhouettes", 12, "a photo of a {}.", "a black {}.", "a small {}.")


class PocketOutlines(ParquetDataset):
    """The outline of a turned shape: silhouettes in another style."""

    file = DATA / "outlines.parquet"
    card = _card("outlines", 12, "a photo of a {}.", "a sketch of a {}.", "a drawing of a {}.")


class PocketNegatives(ParquetDataset):
    """A striped, turned shape on black, in strange colours: silhouettes in another style."""

    file = DATA / "negatives.parquet"
    card = _card("negatives", 12, "a photo of a {}.", "a negative of a {}.", "a striped {}.")


class PocketRealDigits(Dataset):
    """Handwritten digits that scikit-learn bundles (UCI, 1,797 images of 8 x 8), enlarged.

    The one real set here, and the hard case: nothing in pretraining looks like it.
    """

    card = Card(
        name="pocket_realdigits",
        title="Real digits",
        classes=10,
        images={"train": 320, "val": 120, "test": 1357},
        templates=(
            "a photo of the digit {}.",
            "the number {}.",
            "a handwritten {}.",
            "a blurred photo of the digit {}.",
        ),
        how_to_get="It comes with scikit-learn.",
    )

    def missing(self) -> str | None:
        return None

    def class_names(self) -> tuple[str, ...]:
        return NUMERALS

    def items(self, split: Split) -> Sequence[Item]:
        return [Item(str(row), int(self._table[row, -1])) for row in self._rows[split]]

    def open(self, item: Item) -> Image.Image:
        digit = self._table[int(item.reference), :-1].reshape(8, 8)
        pixels = (digit / 16 * 255).astype(np.uint8)
        canvas = Image.new("L", (24, 24))
        enlarged = Image.fromarray(pixels).resize((20, 20), Image.Resampling.BICUBIC)
        canvas.paste(enlarged, (2, 2))
        return canvas.convert("RGB")

    def revision(self) -> str:
        return hashlib.sha256(self._table[:, :-1].tobytes()).hexdigest()

    @cached_property
    def _table(self) -> NDArray[np.float64]:
        """A row `(65,)` per image: 64 pixels from 0 to 16, and the digit.

        Equal to scikit-learn's `load_digits`, without importing it, which takes a second.
        """
        library = find_spec("sklearn")
        if library is None or library.origin is None:
            raise DatasetError("scikit-learn, which brings the digits, is not installed")
        return np.loadtxt(Path(library.origin).with_name("datasets") / _DIGITS, delimiter=",")

    @cached_property
    def _rows(self) -> dict[Split, list[int]]:
        """Rows by split: 32 train and 12 val per class in a fixed random order, the rest test."""
        rows: dict[Split, list[int]] = {split: [] for split in SPLITS}
        order = np.random.default_rng(0).permutation(len(self._table))
        for label in range(self.card.classes):
            mine = [int(row) for row in order if self._table[row, -1] == label]
            rows["train"] += mine[:32]
            rows["val"] += mine[32:44]
            rows["test"] += mine[44:]
        return rows
