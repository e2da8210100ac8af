"""Made-up photographs as JPEG files in class folders, the same ones every time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

_GRAIN = 10.0
_QUALITY = 90


@dataclass(frozen=True)
class Photos:
    """A tree `train/CLASS/*.jpg` and `test/CLASS/*.jpg`, as users have their own datasets.

    Attributes:
        classes: number of classes.
        shots: training images per class.
        test: test images, dealt to the classes in turn.
        width: of an image, in pixels.
        height: of an image, in pixels.
    """

    classes: int
    shots: int
    test: int
    width: int
    height: int

    def write(self, folder: Path) -> None:
        """Writes the tree."""
        counts = {"train": self.classes * self.shots, "test": self.test}
        for split, count in counts.items():
            for number in range(count):
                place = folder / split / f"kind {number % self.classes}"
                place.mkdir(parents=True, exist_ok=True)
                self._photo(split, number).save(place / f"{number:05}.jpg", quality=_QUALITY)

    def _photo(self, split: str, number: int) -> Image.Image:
        """Large soft patches of colour with grain, stored in about a photograph's bytes."""
        draw = np.random.default_rng([number, len(split)])
        patches = Image.fromarray(draw.integers(256, size=(6, 8, 3), dtype=np.uint8))
        soft = patches.resize((self.width, self.height), Image.Resampling.BILINEAR)
        grain = draw.normal(scale=_GRAIN, size=(self.height, self.width, 1))
        return Image.fromarray((np.asarray(soft) + grain).clip(0, 255).astype(np.uint8))
