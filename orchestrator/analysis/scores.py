"""Accuracies over datasets that all methods share: what statistics over datasets work on."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.runs import Contender, Run, by_group


@dataclass(frozen=True)
class Scores:
    """Accuracies of methods, final ones or at some queries, on the datasets that all have.

    Attributes:
        datasets: their names, sorted.
        left_out: datasets that some method lacks, sorted.
        values: accuracies in percent over seeds, by method, by dataset.
    """

    datasets: tuple[str, ...]
    left_out: tuple[str, ...]
    values: Mapping[Contender, Mapping[str, tuple[float, ...]]]

    def among(self, contenders: Collection[Contender]) -> Scores:
        """Those of some methods, on the same datasets."""
        values = {who: found for who, found in self.values.items() if who in contenders}
        return Scores(self.datasets, self.left_out, values)

    def means(self, contender: Contender) -> tuple[float, ...]:
        """Mean over seeds on each dataset, in order of `datasets`."""
        return tuple(statistics.fmean(self.values[contender][name]) for name in self.datasets)

    def mean(self, contender: Contender) -> float:
        """Mean over datasets of the means over seeds; needs at least one dataset."""
        return statistics.fmean(self.means(contender))

    def best(self) -> Contender | None:
        """The method with the highest mean; None without shared datasets."""
        if not self.datasets or not self.values:
            return None
        return max(sorted(self.values), key=self.mean)


def scores_of(runs: Sequence[Run], at: int | None = None) -> Scores:
    """Collects accuracies; runs must not differ in shots, but for untrained methods.

    Args:
        runs: what was measured.
        at: number of queries within which accuracies had been reached; None for final ones.
    """
    return scores_by(runs, lambda run: run.accuracy if at is None else curve_of(run).at(at))


def scores_by(runs: Sequence[Run], accuracy: Callable[[Run], float | None]) -> Scores:
    """As `scores_of`, with accuracies in percent that a function finds, or None."""
    values: dict[Contender, dict[str, tuple[float, ...]]] = {}
    for group, members in sorted(by_group(runs).items()):
        found = map(accuracy, members)
        known = tuple(value for value in found if value is not None)
        if known:
            values.setdefault(members[0].contender, {})[group.dataset] = known
    everywhere = set[str]().union(*values.values())
    shared = everywhere.intersection(*values.values())
    return Scores(tuple(sorted(shared)), tuple(sorted(everywhere - shared)), values)
