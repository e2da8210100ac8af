"""Base-to-new generalisation: accuracy on trained classes, on new ones, and both in one number."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import NEW_ACCURACY, Group, Run, by_group


@dataclass(frozen=True)
class BaseToNew:
    """One dataset and method over all seeds.

    Attributes:
        group: dataset, shots and method.
        base: accuracy on base classes among base names, in percent.
        new: accuracy on new classes among new names, in percent.
        harmonic: mean over seeds of each seed's harmonic mean.
    """

    group: Group
    base: MeanInterval
    new: MeanInterval
    harmonic: MeanInterval


def harmonic_mean(base: float, new: float) -> float:
    """`2 base new / (base + new)` (CoCoOp, CVPR 2022, section 4.1); 0 when either is 0.

    Example:
        >>> harmonic_mean(80.0, 60.0)
        68.57142857142857
    """
    return 2 * base * new / (base + new) if base + new > 0 else 0.0


def base_to_new(runs: Iterable[Run]) -> list[BaseToNew]:
    """Base, new and harmonic mean of every group that has both; none for other protocols."""
    found = []
    for group, members in sorted(by_group(runs).items()):
        pairs = [(run.accuracy, run.trace.last(NEW_ACCURACY)) for run in members]
        known = [(base, new) for base, new in pairs if base is not None and new is not None]
        if known:
            both = (harmonic_mean(base, new) for base, new in known)
            columns = (*zip(*known, strict=True), tuple(both))
            found.append(BaseToNew(group, *map(mean_interval, columns)))
    return found
