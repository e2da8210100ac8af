"""The laws that random directions of a zeroth-order estimate are drawn from."""

from __future__ import annotations

import torch
from torch import Tensor


def segmented_uniform(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Directions with magnitudes from U(0.5, 1) and independent random signs.

    The law that SPSA asks for: symmetric, with bounded inverse moments (Spall, 1992), as used by
    BlackVIP (CVPR 2023) and ZIP (ICLR 2025).

    Returns:
        `(count, dimension)`; drawn direction by direction, magnitudes before signs.
    """
    directions = []
    for _ in range(count):
        magnitude = 0.5 + 0.5 * torch.rand(dimension, generator=generator)
        negative = torch.randint(0, 2, (dimension,), generator=generator)
        directions.append(torch.where(negative == 1, -magnitude, magnitude))
    return torch.stack(directions)
