"""Mean ranks over datasets and their critical difference (Demšar, JMLR 2006), by autorank."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores
from orchestrator.analysis.significance import ALPHA

if TYPE_CHECKING:
    from pandas import DataFrame

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
    import pandas as pd

    columns = {str(place): scores.means(who) for place, who in enumerate(contenders)}
    frame = pd.DataFrame(columns)
    means = frame.rank(axis=1, ascending=False).mean().tolist()
    ordered = tuple(
        sorted(zip(contenders, means, strict=True), key=lambda pair: (pair[1], pair[0]))
    )
    reason = _untestable(count, len(contenders))
    if reason:
        return Ranks(ordered, count, reason=reason)
    if frame.nunique(axis=1).max() == 1:
        return Ranks(ordered, count, reason="All methods are equal on every dataset.")
    return _with_critical_difference(ordered, frame)


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
    ordered: tuple[tuple[Contender, float], ...], frame: DataFrame
) -> Ranks:
    from autorank import autorank

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # normality of few datasets, which ranks don't need
        result = autorank(frame, alpha=ALPHA, force_mode="nonparametric")
    return Ranks(ordered, len(frame), float(result.cd), float(result.pvalue))
