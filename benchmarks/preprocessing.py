"""How images become tensors: a model's own test transform and the paper's training augmentation.

Images are converted to RGB before they are resized. open_clip converts afterwards, which is the
same for RGB and grey images, but not for others: Pillow interpolates neither palettes nor 1-bit
images, and weighs colours by how opaque they are. When they are converted first, what a model sees
doesn't depend on how a file stores the same colours, and decoded images can be packed as RGB.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import Tensor

Augmentation = Literal["none", "crop_flip"]
"""`crop_flip` is a random resized crop and a horizontal flip; `none` the test transform."""

Interpolation = Literal["bicubic", "bilinear", "nearest"]
"""How pixels are made of those around them when an image is resized."""

ResizeMode = Literal["shortest", "longest", "squash"]
"""How an image becomes square: by its shorter side, and cropped; by its longer side, and padded; or
by both sides, which changes its aspect ratio."""

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
"""Mean of CLIP's training images, per channel, for values from 0 to 1 (Radford et al., 2021)."""
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Their standard deviation."""

_VERSION = 1
_USUAL = ("bicubic", "shortest", (0, 0, 0))
"""CLIP's own, without which digests were made before there were others."""
_SCALE = (0.08, 1.0)
_RATIO = (3 / 4, 4 / 3)


@dataclass(frozen=True)
class Preprocessing:
    """Transforms for one backbone.

    Attributes:
        size: height and width of the result, in pixels.
        mean: subtracted per channel, from values between 0 and 1.
        std: divisor per channel.
        augmentation: what happens to training images.
        interpolation: how pixels are made when an image is resized, for training too.
        resize_mode: how test images become square.
        fill_color: red, green and blue, from 0 to 255, of what `longest` pads with.
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    augmentation: Augmentation = "none"
    interpolation: Interpolation = "bicubic"
    resize_mode: ResizeMode = "shortest"
    fill_color: tuple[int, int, int] = (0, 0, 0)

    def test(self, image: Image.Image) -> Tensor:
        """The test transform: convert to RGB, make square, normalise: `(3, S, S)`.

        Equal to open_clip's evaluation transform of RGB and grey images, value by value.
        """
        return self.normalised(self.squared(image))

    def squared(self, image: Image.Image) -> Image.Image:
        """The test transform's image before it is normalised: RGB, S x S pixels."""
        from benchmarks.square_images import SQUARED

        return SQUARED[self.resize_mode](image.convert("RGB"), self)

    def normalised(self, image: Image.Image) -> Tensor:
        """An RGB image as a tensor `(3, H, W)`, less the mean and divided by the deviation."""
        from torchvision.transforms import functional as transforms

        pixels: Tensor = transforms.to_tensor(image)
        values: Tensor = transforms.normalize(pixels, list(self.mean), list(self.std))
        return values

    def train(self, image: Image.Image, generator: torch.Generator) -> Tensor:
        """The training transform: `(3, S, S)`. All its random numbers come from `generator`.

        `crop_flip` is RandomResizedCrop(S, scale (0.08, 1), ratio (3/4, 4/3)), then a horizontal
        flip with probability 0.5, as CoOp and ZIP train, with the model's interpolation.
        """
        return self.normalised(self.augmented(image, generator))

    def augmented(self, image: Image.Image, generator: torch.Generator) -> Image.Image:
        """The training transform's image before it is normalised: RGB, S x S pixels."""
        if self.augmentation == "none":
            return self.squared(image)
        import torch
        from torchvision.transforms import functional as transforms

        from benchmarks.square_images import squashed

        image = image.convert("RGB")
        top, left, height, width = random_crop(image.height, image.width, generator)
        image = squashed(image.crop((left, top, left + width, top + height)), self)
        if float(torch.rand((), generator=generator)) < 0.5:
            image = transforms.hflip(image)
        return image

    def digest(self) -> str:
        """SHA-256 of all settings; part of every key."""
        parts = (_VERSION, self.size, self.mean, self.std, self.augmentation)
        made = (self.interpolation, self.resize_mode, self.fill_color)
        whole = parts if made == _USUAL else (*parts, *made)
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    def unusual(self) -> str:
        """What differs from CLIP's own transform, in words; empty if nothing does."""
        made = (self.interpolation, self.resize_mode, self.fill_color)
        if made == _USUAL and (self.mean, self.std) == (CLIP_MEAN, CLIP_STD):
            return ""
        how = {
            "shortest": f"resized to {self.size} pixels at the shorter side and cropped",
            "longest": f"resized to {self.size} pixels at the longer side and padded with "
            f"{self.fill_color}",
            "squash": f"squashed to {self.size} x {self.size} pixels",
        }[self.resize_mode]
        mean, std = (" ".join(f"{n:.4g}" for n in numbers) for numbers in (self.mean, self.std))
        return f"{how} ({self.interpolation}), mean {mean}, std {std}"


def random_crop(height: int, width: int, generator: torch.Generator) -> tuple[int, int, int, int]:
    """Top, left, height and width of a random crop with random area and aspect ratio.

    Like torchvision's RandomResizedCrop: after ten failed tries, the largest centred crop of an
    allowed ratio. All random numbers come from `generator`.
    """
    import torch

    low, high = math.log(_RATIO[0]), math.log(_RATIO[1])
    for _ in range(10):
        share, position = torch.rand(2, generator=generator).tolist()
        area = height * width * (_SCALE[0] + share * (_SCALE[1] - _SCALE[0]))
        ratio = math.exp(low + position * (high - low))
        crop_width, crop_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < crop_width <= width and 0 < crop_height <= height:
            top = int(torch.randint(0, height - crop_height + 1, (), generator=generator))
            left = int(torch.randint(0, width - crop_width + 1, (), generator=generator))
            return top, left, crop_height, crop_width
    ratio = min(max(width / height, _RATIO[0]), _RATIO[1])
    crop_width = min(width, round(height * ratio))
    crop_height = min(height, round(width / ratio))
    return (height - crop_height) // 2, (width - crop_width) // 2, crop_height, crop_width
