"""Prompts trained on one dataset and tested on others: accuracies by method, source and target."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import Contender, Run, seed_means


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


def transfers(runs: Sequence[Run]) -> list[Transfer]:
    """One for each protocol and source; none for protocols that transfer nothing."""
    moved: dict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        if run.source is not None:
            moved[run.protocol, run.source].add(run.dataset)
    return [_transfer(runs, *place, sorted(targets)) for place, targets in sorted(moved.items())]


def _transfer(runs: Sequence[Run], protocol: str, source: str, targets: Sequence[str]) -> Transfer:
    values: dict[Contender, dict[str, dict[int, float]]] = {}
    for run in runs:
        if run.dataset in (source, *targets) and run.accuracy is not None:
            mine = values.setdefault(run.contender, {})
            mine.setdefault(run.dataset, {})[run.seed] = run.accuracy
    accuracies, means = {}, {}
    for who, mine in sorted(values.items()):
        accuracies[who] = {name: mean_interval([*seeds.values()]) for name, seeds in mine.items()}
        by_seed = seed_means([mine.get(name, {}) for name in targets])
        if by_seed:
            means[who] = mean_interval([*by_seed.values()])
    return Transfer(protocol, source, tuple(targets), accuracies, means)
