"""Random directions of zeroth-order estimates, and the one-sided estimate along them.

`LAWS` are the distributions that settings choose from for two-sided estimates (spsa.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from methods.lazy_torch import Tensor, torch

LawName = Literal["segmented_uniform", "rademacher", "gaussian"]


@dataclass(frozen=True)
class Law:
    """How directions are drawn, and how the slope along a direction becomes a gradient.

    Attributes:
        draw: from number of directions q, dimension N and generator to `(q, N)`.
        gradients: from slopes `(q, 1)` and directions `(q, N)` to estimates `(q, N)`.
    """

    draw: Callable[[int, int, torch.Generator], Tensor]
    gradients: Callable[[Tensor, Tensor], Tensor]


def segmented_uniform(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Directions `(count, dimension)` with magnitudes from U(0.5, 1) and independent random signs.

    The law that SPSA asks for: symmetric, with bounded inverse moments (Spall, 1992), as used by
    BlackVIP (CVPR 2023) and ZIP (ICLR 2025). Drawn direction by direction, magnitudes before signs.
    """
    directions = []
    for _ in range(count):
        magnitude = 0.5 + 0.5 * torch.rand(dimension, generator=generator)
        negative = torch.randint(0, 2, (dimension,), generator=generator)
        directions.append(torch.where(negative == 1, -magnitude, magnitude))
    return torch.stack(directions)


def rademacher(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Directions `(count, dimension)` of independent random signs (Spall, 1992)."""
    signs = torch.randint(0, 2, (count, dimension), generator=generator)
    return (2 * signs - 1).to(torch.float32)


def gaussian(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Directions `(count, dimension)` from N(0, 1) (Nesterov and Spokoiny, 2017)."""
    return torch.randn(count, dimension, generator=generator)


def unit_directions(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Directions `(count, dimension)` of norm 1, uniform on the sphere."""
    directions = gaussian(count, dimension, generator)
    unit: Tensor = directions / directions.norm(dim=-1, keepdim=True)
    return unit


def orthonormal_directions(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Random directions `(count, dimension)` of norm 1 at right angles to each other, float64."""
    drawn = torch.randn(dimension, count, generator=generator, dtype=torch.float64)
    directions: Tensor = torch.linalg.qr(drawn).Q.mT
    return directions


LAWS: Mapping[LawName, Law] = {
    "segmented_uniform": Law(segmented_uniform, operator.truediv),
    "rademacher": Law(rademacher, operator.truediv),
    # The inverse of a Gaussian has no moments: the estimate multiplies by the direction.
    "gaussian": Law(gaussian, operator.mul),
}
"""SPSA divides a slope by the direction, element by element; Gaussian smoothing multiplies."""


def one_sided_probes(parameters: Tensor, directions: Tensor, radius: float) -> Tensor:
    """The points `(1 + q, N)` at which a one-sided estimate needs the loss.

    They are the parameters `(N,)` themselves, then one point at a smoothing radius beta along each
    of the directions `(q, N)`.
    """
    return torch.cat((parameters.unsqueeze(0), parameters + radius * directions))


def one_sided_estimate(losses: Tensor, directions: Tensor, radius: float) -> Tensor:
    """The gradient `(N,)` by (N / q) sum over directions u of u (L(w + beta u) - L(w)) / beta.

    It takes the losses `(1 + q,)` at the probes of directions `(q, N)` of norm 1, and the smoothing
    radius beta.
    """
    count, dimension = directions.shape
    slopes = ((losses[1:] - losses[0]) / radius).to(directions)
    return (dimension / count) * (slopes @ directions)
