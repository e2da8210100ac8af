"""From a gradient estimate to the direction of a step: plain, clipped, or corrected by momentum."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from methods.lazy_torch import Tensor

ClipRule = Literal["none", "sqrt_dim"] | Annotated[float, Field(gt=0)]
"""`sqrt_dim` is ZIP's intrinsic-dimensional threshold; a number is a threshold of its own."""


def clip_threshold(rule: ClipRule, dimension: int) -> float:
    """The largest norm that a rule lets through for `dimension` parameters.

    `sqrt_dim` is sqrt(N) for N = `dimension` parameters (delta in the paper), the expected norm
    scale of the estimate under the perturbation law: no tuning needed (ZIP, ICLR 2025, section 4).
    """
    if rule == "none":
        return math.inf
    if rule == "sqrt_dim":
        return math.sqrt(dimension)
    return float(rule)


class Plain:
    """The estimate itself; the base of rules that change it, and may remember earlier ones."""

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """The direction `(N,)` to step against for an estimate `(N,)`, and what to plot."""
        return gradient, {"gradient_norm": float(gradient.norm())}

    def memory(self) -> dict[str, Tensor]:
        """All that the rule remembers, by name: tensors `(N,)`; none here."""
        return {}

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Takes back the tensors `(N,)` that `memory` returned; other names are left alone."""


class Clipped(Plain):
    """The estimate, scaled down to a norm of at most `threshold` (ZIP, ICLR 2025, section 4)."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """The clipped estimate `(N,)`, its norm before, and the factor that it was scaled by."""
        norm = float(gradient.norm())
        scale = min(1.0, self._threshold / norm) if norm else 1.0
        return gradient * scale, {"gradient_norm": norm, "clip_scale": scale}


class GradientCorrected(Plain):
    """SPSA-GC: m_t = beta m_(t-1) + g_t, direction g_t + beta m_t (BlackVIP, CVPR 2023, section 4).

    Nesterov's look-ahead on estimates; m_0 = 0.
    """

    def __init__(self, beta: float) -> None:
        self._beta = beta
        self._momentum: Tensor | None = None

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """The corrected estimate `(N,)`, and the norm of the plain one."""
        old = self._momentum
        self._momentum = gradient if old is None else self._beta * old + gradient
        corrected = gradient + self._beta * self._momentum
        return corrected, {"gradient_norm": float(gradient.norm())}

    def memory(self) -> dict[str, Tensor]:
        """The momentum `(N,)`, once there is one."""
        return {} if self._momentum is None else {"momentum": self._momentum}

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Takes back the momentum `(N,)`."""
        self._momentum = memory.get("momentum")
