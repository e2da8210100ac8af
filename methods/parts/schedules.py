"""Sequences of step sizes and smoothing radii over the steps of an optimiser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

ScheduleName = Literal["power", "constant", "linear", "cosine"]


class Schedule(Protocol):
    """A positive number for each step."""

    def at(self, step: int) -> float:
        """The value at `step` (from 1)."""


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


@dataclass(frozen=True)
class PolynomialDecay:
    """(initial - final) (1 - s / steps) ** exponent + final, s = min(step, steps).

    Attributes:
        initial: value that it starts from.
        final: value from step `steps` on.
        steps: length of the decay.
        exponent: 1 is a straight line.
    """

    initial: float
    final: float
    steps: float
    exponent: float

    def at(self, step: int) -> float:
        """The value at `step` (from 1)."""
        left = 1 - min(step, self.steps) / self.steps
        return float((self.initial - self.final) * left**self.exponent + self.final)


@dataclass(frozen=True)
class LinearDecay:
    """From `initial` at the first step towards 0, which would come after the last one.

    Attributes:
        initial: value at the first step.
        steps: number of steps.
    """

    initial: float
    steps: int

    def at(self, step: int) -> float:
        """The value at `step` (from 1); that of the last step from there on."""
        return self.initial * (1 - (min(step, self.steps) - 1) / self.steps)


@dataclass(frozen=True)
class CosineDecay:
    """Half a cosine from `initial` towards 0 (Loshchilov and Hutter, ICLR 2017).

    Attributes:
        initial: value at the first step.
        steps: number of steps.
    """

    initial: float
    steps: int

    def at(self, step: int) -> float:
        """The value at `step` (from 1); that of the last step from there on."""
        done = (min(step, self.steps) - 1) / self.steps
        return self.initial * (1 + math.cos(math.pi * done)) / 2


def named_schedule(name: ScheduleName, power: PowerDecay, steps: int) -> Schedule:
    """The schedule called `name` that starts from the numerator of `power`.

    Args:
        name: `power` is `power` itself.
        power: the schedule of the papers.
        steps: steps that the budget allows.
    """
    if name == "power":
        return power
    if name == "constant":
        return PowerDecay(power.initial, exponent=0.0)
    kind = LinearDecay if name == "linear" else CosineDecay
    return kind(power.initial, max(1, steps))
