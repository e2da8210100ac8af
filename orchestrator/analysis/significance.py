"""Paired tests over datasets: is one method, such as the best, better than others?

Wilcoxon's signed-rank test on means over seeds, as Demšar recommends (JMLR 2006, section 3.1.3),
with Holm's correction for testing several methods at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores

ALPHA = 0.05

FEWEST_DATASETS = 6
"""With 5, the smallest p-value that the exact two-sided test can give is 2/2^5 = 0.0625."""

MOST_EXACT = 13
"""Up to this many pairs, all combinations of signs are tried, as in scipy."""

_ALONE = "There are no two methods with a dataset in common."


@dataclass(frozen=True)
class Pair:
    """A method's difference from another one over datasets.

    Attributes:
        difference: how much better it is, in points, mean over datasets.
        better: datasets on which it is better.
        worse: datasets on which it is worse.
        p_value: of the test, uncorrected.
        corrected: the same, Holm-corrected for all tests that were made together.
    """

    difference: float
    better: int
    worse: int
    p_value: float
    corrected: float

    @property
    def significant(self) -> bool:
        """Whether they differ, be it for better or worse."""
        return self.corrected < ALPHA


@dataclass(frozen=True)
class Significance:
    """Tests of one method against others.

    Attributes:
        best: the method that the others are compared with: the best, or one that was named.
        pairs: how it differs from each of the others; empty when nothing was tested.
        datasets: on how many datasets.
        reason: why nothing was tested; empty otherwise.
    """

    best: Contender | None
    pairs: Mapping[Contender, Pair]
    datasets: int
    reason: str = ""

    @property
    def p_values(self) -> dict[Contender, float]:
        """Holm-corrected, by method; empty when nothing was tested."""
        return {who: pair.corrected for who, pair in self.pairs.items()}

    def worse(self, contender: Contender) -> bool:
        """Whether a method is significantly worse than the one that it is compared with."""
        pair = self.pairs.get(contender)
        return pair is not None and pair.significant and pair.difference > 0

    @property
    def beyond_reach(self) -> str:
        """Says that so many tests can find nothing on so few datasets; empty where they can."""
        least, count = 2 / 2**self.datasets, len(self.pairs)
        if count * least < ALPHA:
            return ""
        most = int(ALPHA / least)  # `least` is a power of 2, so that no product of it is ALPHA
        return (
            f"None of these {count} tests can find a significant difference, whatever the results: "
            f"on {self.datasets} datasets the paired Wilcoxon test can't come below p = "
            f"{least:.3g}, and Holm's correction for {count} tests multiplies that to "
            f"{min(count * least, 1):.2g}. At most {most} {'tests' if most > 1 else 'test'} could "
            f"come below {ALPHA:g}."
        )


def against_the_best(scores: Scores) -> Significance:
    """Tests the method with the highest mean against every other one, paired by dataset."""
    best = scores.best()
    if best is None:
        return Significance(None, {}, 0, _ALONE)
    return against_others(scores, best, [who for who in sorted(scores.values) if who != best])


def against_others(
    scores: Scores, reference: Contender, others: Sequence[Contender]
) -> Significance:
    """Tests a method against others, paired by dataset, Holm-corrected for these alone."""
    count = len(scores.datasets)
    if not others or not count:
        return Significance(reference, {}, count, _ALONE)
    if count < FEWEST_DATASETS:
        noun = "dataset" if count == 1 else "datasets"
        return Significance(
            reference,
            {},
            count,
            f"Differences between methods were not tested: all methods share {count} {noun}, and "
            f"with fewer than {FEWEST_DATASETS} the paired Wilcoxon test can't come below "
            f"{ALPHA:g}, whatever the results.",
        )
    from statsmodels.stats.multitest import multipletests

    ours, theirs = scores.means(reference), [scores.means(other) for other in others]
    raw = [paired_p_value(ours, values) for values in theirs]
    corrected = multipletests(raw, method="holm")[1].tolist()
    pairs = map(_pair, (ours for _ in others), theirs, raw, corrected)
    return Significance(reference, dict(zip(others, pairs, strict=True)), count)


def _pair(ours: Sequence[float], theirs: Sequence[float], p_value: float, corrected: float) -> Pair:
    gaps = [mine - other for mine, other in zip(ours, theirs, strict=True)]
    better, worse = (sum(sign * gap > 0 for gap in gaps) for sign in (1, -1))
    return Pair(sum(gaps) / len(gaps), better, worse, p_value, corrected)


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
    return _exact_p_value(tuple(signed_ranks.tolist()))


@cache
def _exact_p_value(signed_ranks: tuple[float, ...]) -> float:
    """Of all combinations of signs; many methods have the same ranks, such as all of one sign."""
    from scipy import stats

    result = stats.permutation_test(
        (np.array(signed_ranks),),
        np.sum,
        permutation_type="samples",
        n_resamples=2**MOST_EXACT,
        vectorized=True,
    )
    return float(result.pvalue)
