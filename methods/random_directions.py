"""One-sided gradient estimates along random unit directions, averaged (Liu et al., NeurIPS 2018).

The estimator of BAR (Tsai et al., ICML 2020, section 3).
"""

from __future__ import annotations

import torch
from torch import Tensor


def unit_directions(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Gaussian directions `(count, dimension)` of norm 1."""
    directions = torch.randn(count, dimension, generator=generator)
    unit: Tensor = directions / directions.norm(dim=-1, keepdim=True)
    return unit


def one_sided_probes(parameters: Tensor, directions: Tensor, radius: float) -> Tensor:
    """The points at which a one-sided estimate needs the loss.

    Args:
        parameters: `(N,)`.
        directions: `(q, N)`.
        radius: smoothing radius beta.

    Returns:
        `(1 + q, N)`: the parameters themselves, then one point a direction.
    """
    return torch.cat((parameters.unsqueeze(0), parameters + radius * directions))


def one_sided_estimate(losses: Tensor, directions: Tensor, radius: float) -> Tensor:
    """g = (N / q) sum over directions u of u (L(w + beta u) - L(w)) / beta.

    Args:
        losses: `(1 + q,)` at the probes, in their order.
        directions: `(q, N)`, of norm 1.
        radius: smoothing radius beta.

    Returns:
        `(N,)` gradient estimate.
    """
    count, dimension = directions.shape
    slopes = ((losses[1:] - losses[0]) / radius).to(directions)
    return (dimension / count) * (slopes @ directions)
