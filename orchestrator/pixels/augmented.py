"""The training transform of images that are kept as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.preprocessing import Preprocessing, random_crop
from benchmarks.square_images import squashed
from orchestrator.pixels.packs import Pixels
from orchestrator.pixels.rgb import rgb_of

if TYPE_CHECKING:
    import torch


def augmented(pixels: Pixels, how: Preprocessing, generator: torch.Generator) -> Pixels:
    """What `Preprocessing.augmented` makes by `crop_flip`, `(S, S, 3)`; copies the crop alone."""
    import torch

    top, left, height, width = random_crop(pixels.shape[0], pixels.shape[1], generator)
    crop = Image.fromarray(pixels[top : top + height, left : left + width])
    made = rgb_of(squashed(crop, how))
    return made[:, ::-1] if float(torch.rand((), generator=generator)) < 0.5 else made
