"""Dense Gaussian random projections into a wide space."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def gaussian_maps(count: int, rows: int, width: int, generator: torch.Generator) -> Tensor:
    """Independent projections that preserve norms in expectation: what fastfood imitates.

    Args:
        count: number of projections T.
        rows: input dimension L.
        width: output dimension D.
        generator: drawn from map by map.

    Returns:
        A `(T, L, D)` float32 tensor; `x @ maps[i]` projects `x` `(L,)` with the i-th map.
    """
    return torch.randn(count, rows, width, generator=generator) / math.sqrt(width)
