"""Prompts trained on one dataset and tested on others: accuracies by method, source and target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import Contender, Run


@dataclass(frozen=True)
class Transfer:
    """What the prompts of one source reach elsewhere, over all seeds.

    Attributes:
        protocol: `cross_dataset` or `out_of_distribution`.
        source: what prompts were trained on.
        targets: what they were only tested on, in alphabetical order.
        accuracies: percent by method, by dataset, the source included; what is missing has none.
        means: percent by method: each seed's mean over all targets, then over seeds; only for
            methods that have all of them.
    """

    protocol: str
    source: str
    targets: tuple[str, ...]
    accuracies: Mapping[Contender, Mapping[str, MeanInterval]]
    means: Mapping[Contender, MeanInterval]


def transfers(runs: Iterable[Run]) -> list[Transfer]:
    """One for each protocol and source; none for protocols that transfer nothing."""
    listed = list(runs)
    moved: dict[tuple[str, str], set[str]] = {}
    for run in listed:
        if run.source is not None:
            moved.setdefault((run.protocol, run.source), set()).add(run.dataset)
    return [
        _transfer(listed, protocol, source, tuple(sorted(targets)))
        for (protocol, source), targets in sorted(moved.items())
    ]


def _transfer(
    runs: Sequence[Run], protocol: str, source: str, targets: tuple[str, ...]
) -> Transfer:
    values: dict[Contender, dict[str, dict[int, float]]] = {}
    for run in runs:
        if run.dataset in (source, *targets) and run.accuracy is not None:
            mine = values.setdefault(run.contender, {})
            mine.setdefault(run.dataset, {})[run.seed] = run.accuracy
    return Transfer(
        protocol,
        source,
        targets,
        {
            who: {name: mean_interval(list(seeds.values())) for name, seeds in mine.items()}
            for who, mine in sorted(values.items())
        },
        {
            who: mean_interval(means)
            for who, mine in sorted(values.items())
            if (means := _seed_means(mine, targets))
        },
    )


def _seed_means(mine: Mapping[str, Mapping[int, float]], targets: Sequence[str]) -> list[float]:
    """The mean over targets of each seed that has them all."""
    everywhere = [set(mine.get(name, {})) for name in targets]
    shared = sorted(set.intersection(*everywhere))
    return [sum(mine[name][seed] for name in targets) / len(targets) for seed in shared]
