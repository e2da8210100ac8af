"""Whether a search was worth its queries: its method before it, after it, and with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import Run, seed_means
from orchestrator.analysis.search import SearchFindings
from orchestrator.console import counted

BySeed = Mapping[int, float]
"""Accuracies in percent, by seed."""


@dataclass(frozen=True)
class Tested:
    """The three ways to use a method with a search, on the test split of one dataset.

    Attributes:
        where: the dataset, or how many a mean is over.
        base: accuracies of the method as the spec has it.
        found: with the settings that were found.
        longer: as the spec has it, with all queries that search and result took; empty where that
            has not run.
        queries: of one run of each: base, found and longer; 0 where it has not run.
    """

    where: str
    base: BySeed
    found: BySeed
    longer: BySeed
    queries: tuple[int, int, int]

    @property
    def won(self) -> MeanInterval | None:
        """Points that the settings found are above the spec's; None without a shared seed."""
        return difference(self.found, self.base)

    @property
    def won_longer(self) -> MeanInterval | None:
        """Points that more queries are above the plain method, likewise."""
        return difference(self.longer, self.base)


def tested_on(findings: SearchFindings, runs: Iterable[Run]) -> list[Tested]:
    """One for each dataset with results before and after; then, of several, their mean.

    Args:
        findings: of the search.
        runs: of the comparison, without those with more queries.
    """
    listed = list(runs)
    each = [
        found
        for name in sorted({run.dataset for run in listed})
        if (found := _on(findings, name, listed)) is not None
    ]
    return [*each, _mean(each)] if len(each) > 1 else each


def verdict(findings: SearchFindings, runs: Iterable[Run]) -> str:
    """Cost and gain of a search in a plain sentence; empty where nothing was tested yet.

    Example:
        Searching cost 20,000 queries and won 1.2 points over zip as the spec has it; spent on
        that itself, they won 3.0.
    """
    tested = tested_on(findings, runs)
    won = tested[-1].won if tested else None
    if won is None:
        return ""
    search, base = findings.search, findings.search.method
    so_far = "" if search.is_over else "So far, "
    searching = f"{so_far}{'s' if so_far else 'S'}earching cost {counted_queries(search.queries)}"
    gain = f"{_gained(won)} {_over(won)} {base} as the spec has it"
    mean = f" ({tested[-1].where} datasets)" if len(tested) > 1 else ""
    longer = tested[-1].won_longer
    if longer is None:
        return (
            f"{searching} and {gain}{mean}; what they bring when spent on {base} itself has not "
            f"been run yet. {_doubt(won)}".strip()
        )
    instead = f"spent on {base} itself, they {_gained(longer, short=_level(won) != 0)}"
    doubts = _doubts(won, longer, base)
    return f"{searching} and {gain}{mean}; {instead}. {doubts}".strip()


def difference(first: BySeed, second: BySeed) -> MeanInterval | None:
    """How far one is above another, paired by seed; None without a seed of both."""
    shared = sorted({*first} & {*second})
    return mean_interval([first[seed] - second[seed] for seed in shared]) if shared else None


def counted_queries(count: int) -> str:
    """Such as `1 query` or `20,000 queries`."""
    return f"{count:,} {'query' if count == 1 else 'queries'}"


def _on(findings: SearchFindings, dataset: str, runs: Sequence[Run]) -> Tested | None:
    here = [run for run in runs if run.dataset == dataset]
    base = [run for run in here if run.method == findings.search.method]
    found = [run for run in here if run.method == findings.found]
    longer = [run for run in findings.longer if run.dataset == dataset]
    if not _by_seed(base) or not _by_seed(found):
        return None
    parts = (base, found, longer)
    first, second, third = (max((run.queries for run in part), default=0) for part in parts)
    accuracies = (_by_seed(base), _by_seed(found), _by_seed(longer))
    return Tested(dataset, *accuracies, (first, second, third))


def _by_seed(runs: Iterable[Run]) -> dict[int, float]:
    return {run.seed: run.accuracy for run in runs if run.accuracy is not None}


def _mean(each: Sequence[Tested]) -> Tested:
    """Each seed that has all datasets, averaged over them."""
    first, second, third = (
        max(queries) if all(queries) else 0
        for queries in zip(*(one.queries for one in each), strict=True)
    )
    return Tested(
        f"mean of {len(each)}",
        seed_means([one.base for one in each]),
        seed_means([one.found for one in each]),
        seed_means([one.longer for one in each]),
        (first, second, third),
    )


def _level(gain: MeanInterval) -> float:
    """The gain as tables show it."""
    return round(gain.mean, 1) + 0.0


def _gained(gain: MeanInterval, *, short: bool = False) -> str:
    level = _level(gain)
    if level == 0:
        return "won nothing"
    what = "won" if level > 0 else "lost"
    return f"{what} {abs(level):.1f}{'' if short else ' points'}"


def _over(gain: MeanInterval) -> str:
    return "over" if _level(gain) >= 0 else "against"


def _doubts(won: MeanInterval, longer: MeanInterval, base: str) -> str:
    """Which of the two gains chance may have made."""
    if _sure(won) and _sure(longer):
        return ""
    if won.half_width is None or longer.half_width is None:
        return _doubt(won)
    seeds = counted(won.count, "seed")
    if not _sure(won) and not _sure(longer):
        return f"Both differences are within their intervals over {seeds}, so they may be chance."
    which = f"of longer runs of {base}" if _sure(won) else "of the search"
    return f"The difference {which} is within its interval over {seeds}, so it may be chance."


def _doubt(gain: MeanInterval) -> str:
    if gain.half_width is None:
        return "That is of one seed, so it may be chance."
    if _sure(gain):
        return ""
    seeds = counted(gain.count, "seed")
    return f"The difference is within its interval over {seeds}, so it may be chance."


def _sure(gain: MeanInterval) -> bool:
    """Whether the interval leaves out 0."""
    return gain.half_width is not None and gain.lower * gain.upper > 0
