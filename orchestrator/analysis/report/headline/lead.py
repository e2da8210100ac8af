"""What may be said of a lead: nothing that the seeds and datasets can't tell."""

from __future__ import annotations

from orchestrator.analysis.intervals import mean_interval
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.significance import FEWEST_DATASETS, against_the_best
from orchestrator.analysis.standings import Standing, Standings
from orchestrator.console import counted


def lead_words(
    comparison: Comparison, standings: Standings, first: Standing, second: Standing
) -> str:
    """How sure the lead of a method over the next one is, in a sentence.

    Args:
        comparison: where they come from.
        standings: all methods' numbers.
        first: the best of its track.
        second: the next one of the same track.
    """
    datasets = len(standings.datasets)
    few = _few(datasets)
    if first.shown == second.shown:
        return few
    if standings.measure == "accuracy" and datasets >= FEWEST_DATASETS:
        return _tested(comparison, standings, first, second)
    return f"{_over_seeds(first, second)} {few}".strip()


def _tested(comparison: Comparison, standings: Standings, first: Standing, second: Standing) -> str:
    """What the paired test over datasets in the section on accuracy says."""
    track = comparison.track(first.who.method)
    found = against_the_best(comparison.tracks(standings.shots)[track])
    datasets = counted(found.datasets, "dataset")
    if found.best == first.who and found.worse(second.who):
        return f"Over {datasets}, its lead over {second.name} is significant."
    return f"Over {datasets}, its lead over {second.name} is not significant."


def _over_seeds(first: Standing, second: Standing) -> str:
    """Whether other seeds might turn the order, as far as these tell."""
    gaps = _gaps(first, second)
    name = second.name
    if len(gaps) < 2:
        one = max(len(first.by_seed), len(second.by_seed)) < 2 and gaps
        what = "That is of one seed" if one else f"They share {'one' if gaps else 'no'} seed"
        return f"{what}, so the lead over {name} may be chance."
    seeds = counted(len(gaps), "seed")
    if mean_interval(gaps).lower <= 0:
        return f"The lead over {name} is within its interval over {seeds}, so it may be chance."
    return f"The lead over {name} is beyond its interval over {seeds}."


def _gaps(first: Standing, second: Standing) -> list[float]:
    """Differences by seed; a method without seeds is the same for all of the other's."""
    if not second.who.shots or not first.who.shots:
        ours, theirs = first.by_seed, second.by_seed
        fixed = theirs if not second.who.shots else ours
        if len(fixed) != 1:
            return []
        (level,) = fixed.values()
        if fixed is theirs:
            return [value - level for value in ours.values()]
        return [level - value for value in theirs.values()]
    shared = sorted({*first.by_seed} & {*second.by_seed})
    return [first.by_seed[seed] - second.by_seed[seed] for seed in shared]


def _few(datasets: int) -> str:
    """Said where no test over datasets could find anything; else empty."""
    if datasets >= FEWEST_DATASETS:
        return ""
    few = "One dataset is" if datasets == 1 else f"{datasets} datasets are"
    return f"{few} too few to say what holds on others."
