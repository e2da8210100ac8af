"""The memory of an RGB image as an array, without a copy: who copies it keeps all threads waiting.

Python runs one thread at a time. Pillow's own copy of an image into an array holds the others up
for as long as it takes; NumPy's, of an array that shows the image's memory, doesn't.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from orchestrator.pixels.packs import Pixels

_STORED = 4
"""Bytes of a pixel in Pillow's memory; the fourth one means nothing."""


def rgb_of(image: Image.Image) -> Pixels:
    """The pixels `(H, W, 3)` of an RGB image, read-only."""
    try:
        stored: Any = pa.array(image)
    except ValueError:  # an image so large that its memory is in several pieces
        return np.asarray(image)
    flat = stored.values.to_numpy(zero_copy_only=True)
    pixels: Pixels = flat.reshape(image.height, image.width, _STORED)[..., :3]
    return pixels
