"""Sequences of step sizes and smoothing radii over the steps of an optimiser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PowerDecay:
    """initial / (step + offset) ** exponent, the gain sequence of SPSA (Spall, 1998).

    Attributes:
        initial: value of the numerator, above 0.
        exponent: how fast it decays; 0 keeps it constant.
        offset: added to the step, which counts from 1.
    """

    initial: float
    exponent: float
    offset: float = 0.0

    def at(self, step: int) -> float:
        """The value at `step` (from 1)."""
        return float(self.initial / (step + self.offset) ** self.exponent)
