"""From a gradient estimate to the direction of a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from methods.clipping import clip_norm


class UpdateRule(Protocol):
    """One direction a step; may remember earlier ones."""

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """Where to step, against `gradient` `(N,)`, and measurements worth plotting."""

    def memory(self) -> dict[str, Tensor]:
        """All that the rule remembers."""

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Goes on from a memory."""


class Plain:
    """The estimate itself."""

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """The estimate, with its norm."""
        return gradient, {"gradient_norm": float(gradient.norm())}

    def memory(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Nothing to remember."""


class Clipped(Plain):
    """The estimate, scaled down to a norm of at most `threshold` (ZIP, ICLR 2025, section 4)."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """The clipped estimate, with its norm before, and the factor that it was scaled by."""
        clipped, norm = clip_norm(gradient, self._threshold)
        scale = min(1.0, self._threshold / norm) if norm else 1.0
        return clipped, {"gradient_norm": norm, "clip_scale": scale}


class GradientCorrected(Plain):
    """SPSA-GC: m_t = beta m_(t-1) + g_t, direction g_t + beta m_t (BlackVIP, CVPR 2023, section 4).

    Nesterov's look-ahead on estimates; m_0 = 0.
    """

    def __init__(self, beta: float) -> None:
        self._beta = beta
        self._momentum: Tensor | None = None

    def direction(self, gradient: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        """The corrected estimate, with the norm of the plain one."""
        old = self._momentum
        self._momentum = gradient if old is None else self._beta * old + gradient
        corrected = gradient + self._beta * self._momentum
        return corrected, {"gradient_norm": float(gradient.norm())}

    def memory(self) -> dict[str, Tensor]:
        """The momentum, once there is one."""
        return {} if self._momentum is None else {"momentum": self._momentum}

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Takes the momentum back."""
        self._momentum = memory.get("momentum")
