"""Accuracies within given numbers of queries: where methods are compared at equal cost."""

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.reached import Reached, reached
from orchestrator.analysis.runs import Run

LADDER = (100, 250, 500, 1000, 2000, 5000)
"""Numbers of queries to compare at, where a spec names none."""


def ladder(budget: int) -> tuple[int, ...]:
    """Usual numbers of queries below a budget, then the budget.

    Example:
        >>> ladder(2000), ladder(600), ladder(80)
        ((100, 250, 500, 1000, 2000), (100, 250, 500, 600), (80,))
    """
    return (*(step for step in LADDER if step < budget), budget) if budget > 0 else ()


def budget_of(runs: Iterable[Run]) -> int:
    """The largest budget of runs that train; what they spent where cells don't say; 0 for none."""
    return max((run.trace.cell.get("budget", run.queries) for run in runs if run.trains), default=0)


def reached_within(runs: Sequence[Run], at: Sequence[int]) -> Iterator[Reached]:
    """The step function of what had been reached, for each dataset and method, at some queries."""
    curves = {id(run): curve_of(run) for run in runs}
    return reached(runs, at, lambda run, queries: curves[id(run)].at(int(queries)))
