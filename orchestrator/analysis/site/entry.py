"""One method of one experiment, as a row of a leaderboard."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.analysis.access import access_words, hardness
from orchestrator.analysis.bootstrap import mean_over_datasets
from orchestrator.analysis.intervals import MeanInterval, interval_text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.mean_cells import mean_text
from orchestrator.analysis.runs import NEW_ACCURACY, Run
from orchestrator.analysis.site.conditions import Conditions, conditions_of
from orchestrator.analysis.standings import Standing, Standings, nothing_words


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
class Number:
    """A number as the report's own table has it.

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


@dataclass(frozen=True)
class Entry:
    """A method's number with what it is about.

    Attributes:
        label: the method's label, with the mark of those that learn from test images.
        experiments: names of the experiments that have it.
        standing: its place among the methods of its experiment.
        number: what that is by, after the last query, never the best on the way.
        access: what the method needs of a black box, in words.
        hardness: orders these, the easiest first.
        search_queries: queries of the search that has found its settings; 0 without one.
    """

    label: str
    experiments: tuple[str, ...]
    standing: Standing
    number: Number
    access: str
    hardness: tuple[int | bool, ...]
    search_queries: int = 0

    @property
    def runs(self) -> tuple[Run, ...]:
        """All that the number is of, and what trained it."""
        return runs_of(self.standing)

    @property
    def shown(self) -> float:
        """The number as it is rounded in the report: who is level there is level here."""
        return self.standing.rounded

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts entries as the report does, the best first."""
        return (-self.shown, self.hardness, self.standing.who.method, self.experiments)

    @property
    def results(self) -> Mapping[str, tuple[float | None, ...]]:
        """What each cell ended with, by key: equal ones are the same entry, whoever reports it."""
        return {run.trace.key: (run.accuracy, run.trace.last(NEW_ACCURACY)) for run in self.runs}

    @property
    def trains(self) -> bool:
        """Whether it is a method that trains; the others have no seeds."""
        return self.standing.who.shots > 0

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that all datasets have."""
        return tuple(self.standing.by_seed)

    def beside(self, name: str) -> Number | None:
        """A number that stands beside it, such as the accuracy on new classes."""
        found = self.standing.beside.get(name)
        return None if found is None else _of_seeds(found)

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
    for shots, standings in comparison.standings.items():
        if standings is None:
            continue
        found = [
            (_conditions(comparison, standings, one), _entry(experiment, shots, standings, one))
            for one in standings.found
        ]
        trained = dict.fromkeys(where for where, entry in found if entry.trains)
        for own, entry in found:
            rivals = [] if entry.trains else [one for one in trained if one.track == own.track]
            for where in rivals or [own]:
                yield where, entry


def without_number(experiment: Experiment) -> dict[int, str]:
    """Numbers of shots at which an experiment has none to rank by, with the reason."""
    comparison = experiment.comparison
    missing = [shots for shots, found in comparison.standings.items() if found is None]
    return {shots: nothing_words(comparison.at(shots)) for shots in missing}


def runs_of(standing: Standing) -> tuple[Run, ...]:
    """All that a number is of, and what trained it."""
    return (*standing.trained, *standing.runs)


def _conditions(comparison: Comparison, standings: Standings, one: Standing) -> Conditions:
    track = comparison.track(one.who.method)
    return conditions_of(runs_of(one), standings.measure, standings.datasets, track)


def _entry(experiment: Experiment, shots: int, standings: Standings, one: Standing) -> Entry:
    comparison, label = experiment.comparison, one.who.method
    access = comparison.access.get(label)
    found = comparison.search
    searched = found is not None and found.found == label
    return Entry(
        label=comparison.marked(label),
        experiments=(experiment.name,),
        standing=one,
        number=_number(comparison, shots, standings, one),
        access=access_words(access),
        hardness=hardness(access),
        search_queries=found.search.queries if found is not None and searched else 0,
    )


def _number(comparison: Comparison, shots: int, standings: Standings, one: Standing) -> Number:
    """The number of the report's table: of its mean, or of the one dataset."""
    if standings.measure == "accuracy" and len(standings.datasets) > 1:
        mean = mean_over_datasets(comparison.scores[shots], one.who)
        return Number(mean.mean, mean.lower, mean.upper, mean_text(mean))
    return _of_seeds(one.number)


def _of_seeds(value: MeanInterval) -> Number:
    if value.half_width is None:
        return Number(value.mean, None, None, interval_text(value))
    return Number(value.mean, value.lower, value.upper, interval_text(value))
