"""Mean ranks over datasets and their critical difference (Demšar, JMLR 2006), by autorank."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass

import numpy as np

from orchestrator.analysis.intervals import Array
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores
from orchestrator.analysis.significance import ALPHA

FEWEST_DATASETS = 5
FEWEST_METHODS = 3


@dataclass(frozen=True)
class Ranks:
    """Mean ranks of methods, 1 being the best.

    Attributes:
        mean_ranks: by method, the best first; empty when there is nothing to rank.
        datasets: how many datasets they were ranked on.
        critical_difference: mean ranks further apart than this differ significantly (Nemenyi);
            None when it was not computed.
        p_value: of Friedman's test that no method differs from another; None likewise.
        reason: why it was not computed; empty otherwise.
    """

    mean_ranks: tuple[tuple[Contender, float], ...]
    datasets: int
    critical_difference: float | None = None
    p_value: float | None = None
    reason: str = ""


def ranks_of(scores: Scores) -> Ranks:
    """Ranks methods on every shared dataset by their mean over seeds; ties share a rank."""
    contenders = sorted(scores.values)
    count = len(scores.datasets)
    if not count or len(contenders) < 2:
        reason = "Ranks need two methods with a dataset in common."
        return Ranks((), count, reason=reason)
    matrix = np.array([scores.means(contender) for contender in contenders]).T
    means = _ranks(matrix).mean(axis=0)
    ordered = tuple(
        sorted(zip(contenders, means.tolist(), strict=True), key=lambda pair: (pair[1], pair[0]))
    )
    reason = _untestable(count, len(contenders))
    if reason:
        return Ranks(ordered, count, reason=reason)
    if not np.ptp(matrix, axis=1).any():
        return Ranks(ordered, count, reason="All methods are equal on every dataset.")
    return _with_critical_difference(ordered, matrix)


def _ranks(matrix: Array) -> Array:
    """Ranks in each row of `(datasets, methods)`, 1 for the largest; ties share their mean."""
    others, own = matrix[:, None, :], matrix[:, :, None]
    ranks: Array = (others > own).sum(axis=-1) + ((others == own).sum(axis=-1) + 1) / 2
    return ranks


def _untestable(datasets: int, methods: int) -> str:
    if datasets < FEWEST_DATASETS:
        noun = "dataset" if datasets == 1 else "datasets"
        return (
            f"There is no critical difference: all methods share {datasets} {noun}, and ranks over "
            f"fewer than {FEWEST_DATASETS} say little."
        )
    if methods < FEWEST_METHODS:
        return (
            f"There is no critical difference for two methods: Friedman's test compares at least "
            f"{FEWEST_METHODS}. See the paired test in the summary."
        )
    return ""


def _with_critical_difference(
    ordered: tuple[tuple[Contender, float], ...], matrix: np.ndarray
) -> Ranks:
    import pandas as pd
    from autorank import autorank

    frame = pd.DataFrame(matrix, columns=[str(place) for place in range(matrix.shape[1])])
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # normality of few datasets, which ranks don't need
        result = autorank(frame, alpha=ALPHA, force_mode="nonparametric")
    return Ranks(ordered, len(matrix), float(result.cd), float(result.pvalue))
