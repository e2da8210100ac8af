"""Images as 8-bit numbers, as they travel, and normalised, as a model takes them."""

import torch
from torch import Tensor

from orchestrator.oracle.remote.description import ImageForm


def normalised(images: Tensor, form: ImageForm) -> Tensor:
    """Normalised `(..., 3, S, S)` float32 of uint8 images, bit for bit as the test transform."""
    mean, std = _shaped(form)
    return images.to(torch.float32).div(255).sub_(mean).div_(std)


def to_bytes(images: Tensor, form: ImageForm) -> Tensor:
    """The nearest 8-bit images `(..., 3, S, S)` of normalised ones; values beyond are cut."""
    mean, std = _shaped(form)
    return images.mul(std).add_(mean).mul_(255).round_().clamp_(0, 255).to(torch.uint8)


def _shaped(form: ImageForm) -> tuple[Tensor, Tensor]:
    mean, std = (torch.tensor(numbers).view(3, 1, 1) for numbers in (form.mean, form.std))
    return mean, std
