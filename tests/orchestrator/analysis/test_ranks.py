"""Ranks and the critical difference, against scipy and Demšar's formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from orchestrator.analysis.ranks import ranks_of
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores

METHODS = [Contender(16, name) for name in ("bar", "bptvlm", "zip")]
ROWS = {
    "bar": (40.0, 50.0, 60.0, 41.0, 52.0, 63.0),
    "bptvlm": (42.0, 51.0, 66.0, 40.0, 53.0, 61.0),
    "zip": (45.0, 55.0, 65.0, 44.0, 54.0, 68.0),
}


def scores(datasets: int, methods: int = 3) -> Scores:
    names = tuple("abcdef"[:datasets])
    return Scores(
        names,
        (),
        {
            who: {n: (v,) for n, v in zip(names, ROWS[who.method], strict=False)}
            for who in METHODS[-methods:]
        },
    )


def test_mean_ranks_by_hand() -> None:
    ranks = ranks_of(scores(6))
    # zip is first on all but c, where bptvlm is; bar beats bptvlm on d and f
    assert [who.method for who, _ in ranks.mean_ranks] == ["zip", "bptvlm", "bar"]
    assert [rank for _, rank in ranks.mean_ranks] == pytest.approx([7 / 6, 13 / 6, 16 / 6])


@given(st.lists(st.tuples(*[st.sampled_from([1.0, 2.0, 2.5, 3.0])] * 3), min_size=1, max_size=6))
def test_mean_ranks_are_scipys_whatever_the_ties(rows: list[tuple[float, ...]]) -> None:
    names = tuple("abcdef"[: len(rows)])
    values = {
        who: {name: (row[place],) for name, row in zip(names, rows, strict=True)}
        for place, who in enumerate(METHODS)
    }
    found = dict(ranks_of(Scores(names, (), values)).mean_ranks)
    expected = stats.rankdata(-np.array(rows), axis=1).mean(axis=0)
    assert [found[who] for who in METHODS] == expected.tolist()


def test_the_critical_difference_is_nemenyis() -> None:
    ranks = ranks_of(scores(6))
    quantile = stats.studentized_range.ppf(0.95, 3, math.inf) / math.sqrt(2)
    assert ranks.critical_difference == pytest.approx(
        quantile * math.sqrt(3 * 4 / (6 * 6)), rel=1e-3
    )
    assert ranks.p_value == pytest.approx(stats.friedmanchisquare(*ROWS.values()).pvalue)


def test_ties_share_a_rank() -> None:
    tied = Scores(("a",), (), {who: {"a": (5.0,)} for who in METHODS[:2]})
    assert [rank for _, rank in ranks_of(tied).mean_ranks] == [1.5, 1.5]


@pytest.mark.parametrize(
    ("datasets", "methods", "reason"),
    [
        (4, 3, "share 4 datasets"),
        (1, 3, "share 1 dataset,"),
        (6, 2, "for two methods"),
        (6, 1, "need two methods"),
        (0, 3, "need two methods"),
    ],
)
def test_what_cannot_be_tested_is_said_and_ranks_stay(
    datasets: int, methods: int, reason: str
) -> None:
    ranks = ranks_of(scores(datasets, methods))
    assert reason in ranks.reason
    assert ranks.critical_difference is None
    assert bool(ranks.mean_ranks) == (datasets > 0 and methods > 1)


def test_methods_that_are_equal_everywhere_are_said() -> None:
    names = tuple("abcdef")
    equal = Scores(names, (), {who: dict.fromkeys(names, (5.0,)) for who in METHODS})
    assert "equal on every dataset" in ranks_of(equal).reason
