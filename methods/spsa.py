"""Two-sided simultaneous-perturbation gradient estimates (Spall, 1992), averaged over pairs."""

from __future__ import annotations

import torch
from torch import Tensor


def two_sided_probes(parameters: Tensor, directions: Tensor, radius: float) -> Tensor:
    """The points at which a two-sided estimate needs the loss.

    Args:
        parameters: `(N,)`.
        directions: `(q, N)`, one a pair.
        radius: smoothing radius c.

    Returns:
        `(2q, N)`, ordered +1, -1, +2, -2, ...
    """
    offsets = torch.stack((directions, -directions), dim=1).flatten(0, 1)
    return parameters + radius * offsets


def two_sided_estimate(losses: Tensor, directions: Tensor, radius: float) -> Tensor:
    """g = mean over pairs of (L+ - L-) / (2 c) / d, element-wise in d.

    Args:
        losses: `(2q,)` at the probes, in their order.
        directions: `(q, N)`, no entry zero.
        radius: smoothing radius c.

    Returns:
        `(N,)` gradient estimate.
    """
    plus, minus = losses.reshape(-1, 2).unbind(dim=1)
    slopes = (plus - minus) / (2 * radius)
    return torch.mean(slopes.unsqueeze(-1) / directions, dim=0)
