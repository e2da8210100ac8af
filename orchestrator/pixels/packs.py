"""Where pixels are kept between steps, cells and runs, as those see it who read images."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""An image `(H, W, 3)`: red, green and blue, from 0 to 255."""


class Pack(Protocol):
    """The images of one list, by their row in it. Safe for many threads and processes at once."""

    def get(self, row: int) -> Pixels | None:
        """The image of a row `(H, W, 3)`, read-only; None if it isn't there or is damaged."""

    def put(self, row: int, pixels: Pixels) -> None:
        """Keeps the image of a row, if there is room. Others may keep the same one meanwhile."""


class Packs(Protocol):
    """Gives packs. A pack only saves time: nothing that goes wrong with it is ever raised."""

    def pack(self, digest: str, rows: int) -> Pack:
        """The pack that a digest names, of a list of so many images; an empty one if it is new."""


class Nothing:
    """Packs that keep nothing, so that images are made anew each time they are needed."""

    def pack(self, digest: str, rows: int) -> Pack:
        """A pack that stays empty."""
        del digest, rows
        return self

    def get(self, row: int) -> Pixels | None:
        """Nothing."""
        del row
        return None

    def put(self, row: int, pixels: Pixels) -> None:
        """Forgets the image."""
