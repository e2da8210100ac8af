"""Made-up photographs as JPEG files in class folders, the same ones every time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.performance.bench.cases import NAMES

_CELLS = (9, 12)
"""Rows and columns of the coarse picture that a photograph is enlarged from."""
_NOISE = 8.0
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
    width: int = 500
    height: int = 375

    def write(self, folder: Path) -> float:
        """Writes the tree; returns how many bytes an image has on average."""
        trained = [("train", row % self.classes) for row in range(self.shots * self.classes)]
        tested = [("test", row % self.classes) for row in range(self.test)]
        sizes = []
        for number, (split, label) in enumerate([*trained, *tested]):
            file = folder / split / class_name(label) / f"{number:05}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            photo(number, self.width, self.height).save(file, quality=_QUALITY)
            sizes.append(file.stat().st_size)
        return sum(sizes) / len(sizes)


def class_name(label: int) -> str:
    """About as long as names of real classes."""
    return f"{NAMES[label % len(NAMES)]}{label // len(NAMES) or ''}"


def photo(number: int, width: int, height: int) -> Image.Image:
    """A picture with soft shapes and a sensor's noise: some 70 KB at 500 x 375 pixels."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 256, (*_CELLS, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    noise = _NOISE * random.standard_normal((height, width, 1), dtype=np.float32)
    return Image.fromarray(np.clip(soft + noise, 0, 255).astype(np.uint8))
