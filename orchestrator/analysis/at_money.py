"""Accuracies within given amounts of money: where methods are compared at equal cost."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.analysis.billing import Billing
from orchestrator.analysis.curves import Band, band_over, curve_of, mean_curve
from orchestrator.analysis.reached import Reached, reached
from orchestrator.analysis.runs import Contender, Run

_SPAN = 50
"""The least amount is the most one over this, or a little more."""
_NEAR = 0.9
"""Amounts above this share of the most say the same as the most."""


@dataclass(frozen=True)
class MoneyBand:
    """A band over queries, with the money that these cost.

    Attributes:
        money: mean over runs at each number of queries of the band.
        band: the accuracies.
    """

    money: tuple[float, ...]
    band: Band


def amounts(most: float) -> tuple[float, ...]:
    """Round amounts below the most that a run cost, then that, rounded up to three digits.

    Empty where nothing cost anything.

    Example:
        >>> amounts(12.8)
        (0.5, 1.0, 2.0, 5.0, 10.0, 12.8)
        >>> amounts(1.7448)[-1]
        1.75
    """
    if most <= 0:
        return ()
    least = math.floor(math.log10(most / _SPAN))
    decades = (10.0**place for place in range(least, least + 4))
    steps = (round(part * ten, 12) for ten in decades for part in (1, 2, 5))
    return (*(step for step in steps if most / _SPAN <= step < _NEAR * most), _above(most))


def _above(amount: float) -> float:
    """The least amount of three digits that is no smaller."""
    unit = 10.0 ** (math.floor(math.log10(amount)) - 2)
    return float(f"{math.ceil(round(amount / unit, 6)) * unit:.6g}")


def most_spent(runs: Sequence[Run], billing: Billing) -> float:
    """The most money that the training of a run cost; 0 where none did, or it is unknown."""
    return max((billing.training(run).amount or 0.0 for run in runs), default=0.0)


def reached_for(runs: Sequence[Run], billing: Billing, at: Sequence[float]) -> Iterator[Reached]:
    """What had been reached for each amount, for each dataset and method."""
    return reached(runs, at, billing.reached)


def money_band(
    runs: Sequence[Run], who: Contender, datasets: Sequence[str], billing: Billing
) -> MoneyBand | None:
    """A method's mean accuracy over datasets beside the mean money of one of its runs.

    Each seed is averaged over datasets first. Seeds that lack a dataset are left out.

    Returns:
        None where no seed has all datasets, or its money is unknown.
    """
    seeds: dict[int, dict[str, Run]] = {}
    for run in runs:
        if run.contender == who:
            seeds.setdefault(run.seed, {})[run.dataset] = run
    whole = [found for _, found in sorted(seeds.items()) if set(datasets) <= set(found)]
    used = [[found[name] for name in datasets] for found in whole]
    band = band_over([mean_curve([curve_of(run) for run in members]) for members in used])
    if band is None:
        return None
    members = [run for members in used for run in members]
    spent = [[billing.spent(run, queries) for run in members] for queries in band.queries]
    known = [[money for money in row if money is not None] for row in spent]
    if any(len(row) < len(members) for row in known):
        return None
    return MoneyBand(tuple(map(statistics.fmean, known)), band)
