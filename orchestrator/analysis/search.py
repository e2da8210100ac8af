"""A search as a report sees it: trials with what they found, and the best of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.analysis.curves import Curve
from orchestrator.analysis.runs import Run

TrialState = Literal["complete", "pruned", "failed", "running"]
TRIAL_STATES: tuple[TrialState, ...] = ("complete", "pruned", "failed", "running")


@dataclass(frozen=True)
class SearchTrial:
    """One trial.

    Attributes:
        number: from 0, in order of suggestion.
        point: the searched settings.
        state: `pruned` was ended early, and is never compared with anything.
        values: objectives by name, in the objectives' own order; empty unless complete.
        queries: queries spent by its cells.
        keys: keys of its cells.
        error: why it failed.
        last: where a pruned trial stood in the first objective when it was ended, with fewer
            queries than the others; None for all others.
    """

    number: int
    point: Mapping[str, Any]
    state: TrialState
    values: Mapping[str, float]
    queries: int = 0
    keys: tuple[str, ...] = ()
    error: str = ""
    last: float | None = None

    @property
    def title(self) -> str:
        """The searched settings in one line."""
        return ", ".join(f"{name}={short(value)}" for name, value in self.point.items())


@dataclass(frozen=True)
class Search:
    """A search with its trials so far.

    Attributes:
        method: label of the method that was searched.
        planned: trials of the whole search.
        trials: in order of number.
        best: the best complete trial; None before there is one.
    """

    method: str
    planned: int
    trials: tuple[SearchTrial, ...]
    best: SearchTrial | None = None

    @property
    def ended(self) -> int:
        """Trials that came to an end: complete, pruned or failed."""
        return sum(trial.state != "running" for trial in self.trials)

    @property
    def is_over(self) -> bool:
        """Whether all trials have come to an end."""
        return self.ended >= self.planned

    @property
    def queries(self) -> int:
        """Queries of all trials; cells that several trials share count once."""
        return self.spent[-1] if self.trials else 0

    @property
    def spent(self) -> tuple[int, ...]:
        """Queries of each trial and those before it, as `queries` counts them."""
        known: dict[tuple[str, ...], int] = {}
        totals = []
        for trial in self.trials:
            place = trial.keys or (str(trial.number),)
            known[place] = max(known.get(place, 0), trial.queries)
            totals.append(sum(known.values()))
        return tuple(totals)

    def best_so_far(self, objective: str) -> Curve:
        """The best value of an objective over the queries of the search, trial by trial.

        It starts with the first complete trial; the others spend queries without a value.
        """
        best: dict[int, float] = {}
        value: float | None = None
        for queries, trial in zip(self.spent, self.trials, strict=True):
            new = trial.values.get(objective)
            if new is not None and (value is None or is_as_good(objective, new, value)):
                value = new
            if value is not None:
                best[queries] = value
        return Curve(tuple(best), tuple(best.values()))

    def counts(self) -> dict[TrialState, int]:
        """Number of trials by state, without states that none is in."""
        states = [trial.state for trial in self.trials]
        return {state: states.count(state) for state in TRIAL_STATES if state in states}


def is_as_good(objective: str, value: float, other: float) -> bool:
    """Whether a value of an objective is at least as good as another."""
    return value <= other if objective == "queries_to_target" else value >= other


def short(value: Any) -> str:
    """A value as short text; numbers with three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class SearchFindings:
    """What a report says about a search.

    Attributes:
        search: its trials.
        objectives: names of what was searched for, the most important one first.
        baseline: the same objectives of the method with the spec's own settings; empty while
            unknown.
        found: label of the method with the settings that were found.
        longer: runs of the baseline with as many queries as search and result have spent together.
        logarithmic: searched settings whose logarithm was drawn from.
    """

    search: Search
    objectives: tuple[str, ...]
    baseline: Mapping[str, float]
    found: str
    longer: tuple[Run, ...] = ()
    logarithmic: frozenset[str] = frozenset()
