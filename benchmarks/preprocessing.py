"""How images become tensors: CLIP's test transform and the paper's training augmentation."""

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

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
"""Mean of CLIP's training images, per channel, for values from 0 to 1 (Radford et al., 2021)."""
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Their standard deviation."""

_VERSION = 1
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
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    augmentation: Augmentation = "none"

    def test(self, image: Image.Image) -> Tensor:
        """The test transform: resize the shorter side (bicubic), crop, normalise: `(3, S, S)`.

        Equal to open_clip's evaluation transform.
        """
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms import functional as transforms

        if min(image.size) != self.size:
            image = transforms.resize(image, self.size, InterpolationMode.BICUBIC)
        return self._tensor(transforms.center_crop(image, [self.size, self.size]))

    def train(self, image: Image.Image, generator: torch.Generator) -> Tensor:
        """The training transform: `(3, S, S)`. All its random numbers come from `generator`.

        `crop_flip` is RandomResizedCrop(S, scale (0.08, 1), ratio (3/4, 4/3), bicubic), then a
        horizontal flip with probability 0.5, as CoOp and ZIP train.
        """
        if self.augmentation == "none":
            return self.test(image)
        import torch
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms import functional as transforms

        top, left, height, width = random_crop(image.height, image.width, generator)
        target = [self.size, self.size]
        bicubic = InterpolationMode.BICUBIC
        image = transforms.resized_crop(image, top, left, height, width, target, bicubic)
        if float(torch.rand((), generator=generator)) < 0.5:
            image = transforms.hflip(image)
        return self._tensor(image)

    def digest(self) -> str:
        """SHA-256 of all settings; part of every key."""
        parts = (_VERSION, self.size, self.mean, self.std, self.augmentation)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _tensor(self, image: Image.Image) -> Tensor:
        from torchvision.transforms import functional as transforms

        pixels: Tensor = transforms.to_tensor(image.convert("RGB"))
        normalised: Tensor = transforms.normalize(pixels, list(self.mean), list(self.std))
        return normalised


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
