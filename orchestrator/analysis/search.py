"""A search as a report sees it: trials with what they found, and the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

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
    """

    number: int
    point: Mapping[str, Any]
    state: TrialState
    values: Mapping[str, float]
    queries: int = 0
    keys: tuple[str, ...] = ()
    error: str = ""

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
        """Trials that came to an end, whichever."""
        return sum(trial.state != "running" for trial in self.trials)

    @property
    def is_over(self) -> bool:
        """Whether all trials have come to an end."""
        return self.ended >= self.planned

    @property
    def queries(self) -> int:
        """Queries of all trials; cells that several trials share count once."""
        spent = {trial.keys or (str(trial.number),): 0 for trial in self.trials}
        for trial in self.trials:
            place = trial.keys or (str(trial.number),)
            spent[place] = max(spent[place], trial.queries)
        return sum(spent.values())

    def counts(self) -> dict[TrialState, int]:
        """Number of trials by state, without states that none is in."""
        states = [trial.state for trial in self.trials]
        return {state: states.count(state) for state in TRIAL_STATES if state in states}


def short(value: Any) -> str:
    """A value in few letters."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class SearchFindings:
    """What a report says about a search.

    Attributes:
        search: its trials.
        objectives: names of what was searched for, the most important one first.
        as_it_stands: the same objectives of the method with the spec's own settings; empty while
            unknown.
        found: label of the method with the settings that were found.
        longer: runs of the method as it stands with the search's queries on top.
    """

    search: Search
    objectives: tuple[str, ...]
    as_it_stands: Mapping[str, float]
    found: str
    longer: tuple[Run, ...] = ()
