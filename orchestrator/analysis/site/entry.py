"""One method of one experiment, as a row of a leaderboard."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.access import access_words, hardness
from orchestrator.analysis.bootstrap import mean_over_datasets
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.mean_cells import mean_text
from orchestrator.analysis.runs import Contender, Run, by_contender
from orchestrator.analysis.scores import Scores
from orchestrator.analysis.site.conditions import Conditions, conditions_of


@dataclass(frozen=True)
class Experiment:
    """One report of the site.

    Attributes:
        name: of its folder, which no other experiment has.
        said: the spec, and perhaps the store, as they were asked for.
        comparison: what the report is about.
        in_words: its headline, a paragraph each.
    """

    name: str
    said: str
    comparison: Comparison
    in_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accuracy:
    """A number as the report's own table of accuracies has it.

    Attributes:
        mean: percent.
        lower: lower end of its interval; None without one.
        upper: upper end, likewise.
        text: as the table shows it.
    """

    mean: float
    lower: float | None
    upper: float | None
    text: str

    @property
    def shown(self) -> float:
        """The mean as it is rounded there: who is level there is level here."""
        return round(self.mean, 1)


@dataclass(frozen=True)
class Entry:
    """A method's number with what it is about.

    Attributes:
        label: the method's label, with the mark of those that learn from test images.
        experiments: names of the experiments that have it.
        accuracy: after the last query, never the best on the way.
        runs: all that the number is a mean of.
        access: what the method needs of a black box, in words.
        hardness: orders these, the easiest first.
        search_queries: queries of the search that has found its settings; 0 without one.
    """

    label: str
    experiments: tuple[str, ...]
    accuracy: Accuracy
    runs: tuple[Run, ...]
    access: str
    hardness: tuple[int | bool, ...]
    search_queries: int = 0

    @property
    def results(self) -> Mapping[str, float | None]:
        """The accuracy of each cell, by key: equal ones are the same entry, whoever reports it."""
        return {run.trace.key: run.accuracy for run in self.runs}

    @property
    def trains(self) -> bool:
        """Whether it is a method that trains; the others have no seeds."""
        return self.runs[0].shots > 0

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that all datasets have."""
        found: dict[str, set[int]] = {}
        for run in self.runs:
            found.setdefault(run.dataset, set()).add(run.seed)
        return tuple(sorted(set.intersection(*found.values())))

    @property
    def queries(self) -> float:
        """Queries of one run that trains, mean over runs; 0 where none does."""
        spent = [run.queries for run in self.runs if run.trains]
        return statistics.fmean(spent) if spent else 0.0

    @property
    def queries_text(self) -> str:
        """The same as it is shown, with those of a search apart."""
        own = f"{self.queries:,.0f}"
        return f"{own} + {self.search_queries:,} of a search" if self.search_queries else own


def entries_of(experiment: Experiment) -> Iterator[tuple[Conditions, Entry]]:
    """Every method of an experiment, under the conditions that it is compared in.

    Methods that don't train are compared with all that do, under the conditions of each of these.
    """
    comparison = experiment.comparison
    for shots in comparison.shots if comparison.runs else ():
        scores = comparison.scores[shots]
        if not scores.datasets:
            continue
        runs = [run for run in comparison.at(shots) if run.dataset in scores.datasets]
        found = {
            who: (_conditions(comparison, scores, mine), _entry(experiment, scores, who, mine))
            for who, mine in by_contender(runs).items()
            if who in scores.values
        }
        trained = dict.fromkeys(where for who, (where, _) in found.items() if who.shots)
        for who, (own, entry) in found.items():
            rivals = [] if who.shots else [one for one in trained if one.track == own.track]
            for where in rivals or [own]:
                yield where, entry


def without_number(experiment: Experiment) -> tuple[int, ...]:
    """Numbers of shots at which an experiment has no dataset with results of all methods."""
    comparison = experiment.comparison
    return tuple(shots for shots in comparison.shots if not comparison.scores[shots].datasets)


def _conditions(comparison: Comparison, scores: Scores, runs: Sequence[Run]) -> Conditions:
    return conditions_of(runs, scores.datasets, comparison.track(runs[0].method))


def _entry(experiment: Experiment, scores: Scores, who: Contender, runs: Sequence[Run]) -> Entry:
    comparison = experiment.comparison
    access = comparison.access.get(who.method)
    found = comparison.search
    searched = found is not None and found.found == who.method
    return Entry(
        label=comparison.marked(who.method),
        experiments=(experiment.name,),
        accuracy=_accuracy(comparison, scores, who),
        runs=tuple(runs),
        access=access_words(access),
        hardness=hardness(access),
        search_queries=found.search.queries if found is not None and searched else 0,
    )


def _accuracy(comparison: Comparison, scores: Scores, who: Contender) -> Accuracy:
    """The number of the report's table: of its mean, or of the one dataset."""
    if len(scores.datasets) > 1:
        mean = mean_over_datasets(scores, who)
        return Accuracy(mean.mean, mean.lower, mean.upper, mean_text(mean))
    (dataset,) = scores.datasets
    (value,) = (
        row.accuracy
        for row in comparison.rows
        if (row.group.dataset, row.group.contender) == (dataset, who)
    )
    if value.half_width is None:
        return Accuracy(value.mean, None, None, interval_text(value))
    return Accuracy(value.mean, value.lower, value.upper, interval_text(value))
