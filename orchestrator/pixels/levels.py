"""Normalises 8-bit pixels by looking them up: the same numbers on every device, bit for bit.

A GPU divides by a number by multiplying with its reciprocal, which rounds otherwise than a CPU. A
table of what a CPU makes of each of the 256 levels is exact everywhere, and no slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.preprocessing import Preprocessing
from orchestrator.pixels.packs import Pixels

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Levels:
    """What each level of each channel becomes, as `Preprocessing.normalised` has it.

    Args:
        how: mean and standard deviation.
    """

    def __init__(self, how: Preprocessing) -> None:
        ramp = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
        self._table: Tensor = how.normalised(Image.fromarray(ramp))[:, 0].contiguous()
        self._rows: NDArray[np.float32] = self._table.numpy()
        self._there: dict[torch.device, Tensor] = {}

    def write(self, pixels: Pixels, out: NDArray[np.float32]) -> None:
        """Normalises one image `(S, S, 3)` into `out` `(3, S, S)`.

        It is NumPy's work as PyTorch would start threads of its own in every thread that calls it.
        """
        for channel in range(3):
            np.take(self._rows[channel], pixels[..., channel], out=out[channel], mode="clip")

    def of(self, pixels: Tensor) -> Tensor:
        """Normalised `(N, 3, S, S)` float32 of images `(N, S, S, 3)` uint8, where they are."""
        import torch

        device = pixels.device
        if device not in self._there:
            self._there[device] = self._table.to(device)
        count, height, width, _ = pixels.shape
        images = torch.empty(count, 3, height, width, device=device)
        for channel, row in enumerate(self._there[device]):
            images[:, channel] = row[pixels[..., channel].int()]
        return images
