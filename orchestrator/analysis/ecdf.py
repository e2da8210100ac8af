"""ECDF over targets and datasets: the share of (run, target) pairs reached within a budget.

Data profiles of this kind are due to Moré and Wild (SIAM J. Optim. 2009) and the COCO platform
(Hansen et al. 2021).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from orchestrator.analysis.curves import Curve, curve_of, values_on_whole_splits
from orchestrator.analysis.queries_to_target import first_reaching, zero_shot_accuracy
from orchestrator.analysis.runs import Contender, Run, by_contender

LEVELS = 20
"""Targets on a dataset unless gains are named."""


def ecdf(runs: Sequence[Run], targets: Mapping[str, Sequence[float]]) -> Curve | None:
    """The ECDF of one method's runs.

    Args:
        runs: runs of one method, on any datasets.
        targets: accuracies in percent by dataset; runs on other datasets are left out.

    Returns:
        The share of pairs, between 0 and 1, from query 0 on; None without a single pair.
    """
    pairs = [(run, target) for run in runs for target in targets.get(run.dataset, ())]
    if not pairs:
        return None
    reached = (first_reaching(run, target) for run, target in pairs)
    hits = np.sort([queries for queries in reached if queries is not None])
    steps = np.unique(np.concatenate([[0], hits])).astype(int)
    share = np.searchsorted(hits, steps, side="right") / len(pairs)
    return Curve(tuple(steps.tolist()), tuple(share.tolist()))


def ecdfs(runs: Sequence[Run], targets: Mapping[str, Sequence[float]]) -> dict[Contender, Curve]:
    """The ECDF of every method that trains, by method and shots."""
    members = by_contender(run for run in runs if run.trains)
    found = {contender: ecdf(mine, targets) for contender, mine in members.items()}
    return {contender: curve for contender, curve in found.items() if curve is not None}


def targets_on(runs: Sequence[Run], dataset: str, gains: Sequence[float] = ()) -> tuple[float, ...]:
    """Targets on a dataset, in percent.

    Args:
        runs: all runs of the comparison.
        dataset: its name.
        gains: points above the start; by default `LEVELS` even steps from the start to the best
            that any run reached on the whole test split. The start is zero-shot accuracy, or the
            lowest first measurement where zero-shot was not run.
    """
    here = [run for run in runs if run.dataset == dataset]
    trained = [run for run in here if run.trains and run.accuracy is not None]
    if not trained:
        return ()
    start = zero_shot_accuracy(runs, dataset)
    if start is None:
        start = min(curve_of(run).values[0] for run in trained)
    if gains:
        return tuple(start + gain for gain in sorted(gains))
    best = max(max(values_on_whole_splits(run)) for run in trained)
    if best <= start:
        return ()
    return tuple(np.linspace(start, best, LEVELS + 1)[1:].tolist())
