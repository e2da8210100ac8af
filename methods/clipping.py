"""Rules that bound the norm of a gradient estimate."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor

ClipRule = Literal["none", "sqrt_dim"] | Annotated[float, Field(gt=0)]
"""`sqrt_dim` is ZIP's intrinsic-dimensional threshold; a number is a threshold of its own."""


def clip_threshold(rule: ClipRule, dimension: int) -> float:
    """The largest norm that a rule lets through for `dimension` parameters.

    `sqrt_dim` is sqrt(delta), the expected norm scale of the estimate under the perturbation law:
    no tuning needed (ZIP, ICLR 2025, section 4).
    """
    if rule == "none":
        return math.inf
    if rule == "sqrt_dim":
        return math.sqrt(dimension)
    return float(rule)


def clip_norm(gradient: Tensor, threshold: float) -> tuple[Tensor, float]:
    """Scales a gradient `(N,)` down to norm `threshold` if it is at or above it.

    Returns:
        The clipped gradient and its norm before clipping.
    """
    norm = float(gradient.norm())
    if norm >= threshold:
        gradient = gradient * (threshold / norm)
    return gradient, norm
