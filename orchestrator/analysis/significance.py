"""Paired tests over datasets: is the best method better than each of the others?

Wilcoxon's signed-rank test on means over seeds, as Demšar recommends (JMLR 2006, section 3.1.3),
with Holm's correction for testing several methods at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores

ALPHA = 0.05

FEWEST_DATASETS = 6
"""With 5, the smallest p-value that the exact two-sided test can give is 2/2^5 = 0.0625."""

MOST_EXACT = 13
"""Up to this many pairs, all combinations of signs are tried, as in scipy."""


@dataclass(frozen=True)
class Significance:
    """Tests of one method against all others.

    Attributes:
        best: the method that the others are compared with.
        p_values: Holm-corrected, by method; empty when nothing was tested.
        reason: why nothing was tested; empty otherwise.
    """

    best: Contender | None
    p_values: Mapping[Contender, float]
    reason: str = ""

    def worse(self, contender: Contender) -> bool:
        """Whether a method is significantly worse than the best."""
        return self.p_values.get(contender, 1.0) < ALPHA


def against_the_best(scores: Scores) -> Significance:
    """Tests the method with the highest mean against every other one, paired by dataset."""
    best, count = scores.best(), len(scores.datasets)
    others = [contender for contender in sorted(scores.values) if contender != best]
    if best is None or not others:
        return Significance(best, {}, "There are no two methods with a dataset in common.")
    if count < FEWEST_DATASETS:
        noun = "dataset" if count == 1 else "datasets"
        return Significance(
            best,
            {},
            f"Differences between methods were not tested: all methods share {count} {noun}, and "
            f"with fewer than {FEWEST_DATASETS} the paired Wilcoxon test can't come below "
            f"{ALPHA:g}, whatever the results.",
        )
    from statsmodels.stats.multitest import multipletests

    raw = [paired_p_value(scores.means(best), scores.means(other)) for other in others]
    corrected = multipletests(raw, method="holm")[1].tolist()
    return Significance(best, dict(zip(others, corrected, strict=True)))


def paired_p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test; 1 with fewer than two unequal pairs.

    Equal pairs are left out. Ties share their ranks, and up to `MOST_EXACT` pairs all signs are
    tried, as `scipy.stats.wilcoxon` does, but all at once.
    """
    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    differences = differences[differences != 0]
    if len(differences) < 2:
        return 1.0
    from scipy import stats

    if len(differences) > MOST_EXACT:
        return float(stats.wilcoxon(differences).pvalue)
    signed_ranks = np.sign(differences) * stats.rankdata(np.abs(differences))
    result = stats.permutation_test(
        (signed_ranks,),
        np.sum,
        permutation_type="samples",
        n_resamples=2**MOST_EXACT,
        vectorized=True,
    )
    return float(result.pvalue)
