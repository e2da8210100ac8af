"""What every analysis works on: a finished trace and its place in the comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.trace import Trace


@dataclass(frozen=True)
class Run:
    """One finished cell of a comparison.

    Attributes:
        dataset: the dataset's name.
        method: the method's label in the spec (its name unless the spec says otherwise).
        shots: labelled images a class; 0 for methods that don't train.
        seed: the cell's seed; 0 for methods that don't train.
        trace: what the trial left behind.
    """

    dataset: str
    method: str
    shots: int
    seed: int
    trace: Trace


@dataclass(frozen=True, order=True)
class Group:
    """The coordinates that runs of different seeds share."""

    dataset: str
    shots: int
    method: str


def by_group(runs: Iterable[Run]) -> dict[Group, list[Run]]:
    """Runs that differ in nothing but the seed, in order of seed."""
    groups: dict[Group, list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda r: r.seed):
        groups[Group(run.dataset, run.shots, run.method)].append(run)
    return dict(groups)
