"""Images to keep, and a way to compare what is got back."""

from __future__ import annotations

import numpy as np

from orchestrator.pixels.packs import Pack, Pixels

ROWS = 5
DIGEST, OTHER = "a" * 64, "b" * 64


def image(seed: int, height: int = 3, width: int = 4) -> Pixels:
    """An image of random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def holds(pack: Pack, row: int, expected: Pixels | None) -> bool:
    """Whether a row of a pack has an image, bit for bit, or none."""
    got = pack.get(row)
    if got is None or expected is None:
        return got is expected
    return got.shape == expected.shape and bool((got == expected).all())
