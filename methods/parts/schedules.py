"""Step sizes and smoothing radii over the steps of an optimiser: functions of the step, from 1."""

import math
from collections.abc import Callable
from typing import Literal

Schedule = Callable[[int], float]
"""From the number of a step, counted from 1, to a positive number."""

ScheduleName = Literal["power", "constant", "linear", "cosine"]


def power_decay(initial: float, exponent: float, offset: float = 0.0) -> Schedule:
    """initial / (step + offset) ** exponent, the gain sequence of SPSA (Spall, 1998)."""
    return lambda step: float(initial / (step + offset) ** exponent)


def polynomial_decay(initial: float, final: float, steps: float, exponent: float) -> Schedule:
    """(initial - final) (1 - s / steps) ** exponent + final, with s = min(step, steps)."""

    def value(step: int) -> float:
        left = 1 - min(step, steps) / steps
        return float((initial - final) * left**exponent + final)

    return value


def named_schedule(
    name: ScheduleName, initial: float, steps: int, *, exponent: float, offset: float = 0.0
) -> Schedule:
    """The schedule that settings call `name`.

    Args:
        name: `power` is `power_decay`; `constant` stays at `initial`; `linear` and `cosine` (half a
            cosine: Loshchilov and Hutter, ICLR 2017) fall from `initial` at the first step towards
            0, which they would reach one step after the last. Later steps keep the last value.
        initial: value at the first step, or the numerator of `power`; above 0.
        steps: steps that the budget allows.
        exponent: of `power`.
        offset: of `power`.
    """
    last = max(1, steps)

    def done(step: int) -> float:
        return (min(step, last) - 1) / last

    schedules: dict[ScheduleName, Schedule] = {
        "power": power_decay(initial, exponent, offset),
        "constant": lambda _: initial,
        "linear": lambda step: initial * (1 - done(step)),
        "cosine": lambda step: initial * (1 + math.cos(math.pi * done(step))) / 2,
    }
    return schedules[name]
