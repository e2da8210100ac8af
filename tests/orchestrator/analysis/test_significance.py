"""Paired tests against scipy and statsmodels on known data."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores
from orchestrator.analysis.significance import (
    Significance,
    against_others,
    against_the_best,
    paired_p_value,
)

ZIP, BAR, ZERO = Contender(16, "zip"), Contender(16, "bar"), Contender(0, "zero_shot")
NAMES = tuple("abcdefgh")
FIRST = (61.0, 72.0, 55.0, 80.0, 43.0, 66.0, 71.0, 58.0)
SECOND = (58.0, 70.5, 55.5, 74.0, 38.0, 64.8, 66.0, 50.0)


def scores(count: int) -> Scores:
    names = NAMES[:count]
    values = {
        ZIP: FIRST[:count],
        BAR: SECOND[:count],
        ZERO: tuple(v - 10 - i for i, v in enumerate(FIRST[:count])),
    }
    return Scores(
        names,
        (),
        {who: {n: (v,) for n, v in zip(names, row, strict=True)} for who, row in values.items()},
    )


def test_equals_scipys_test() -> None:
    expected = stats.wilcoxon(FIRST, SECOND).pvalue
    assert paired_p_value(FIRST, SECOND) == pytest.approx(expected)
    assert paired_p_value(FIRST, FIRST) == 1


@given(
    differences=st.lists(st.integers(-3, 3), min_size=2, max_size=7).filter(
        lambda values: sum(map(bool, values)) > 1
    ),
)
@settings(max_examples=25, deadline=None)
def test_ties_and_equal_pairs_are_scipys_too(differences: list[int]) -> None:
    nonzero = [float(value) for value in differences if value]
    exact = stats.PermutationMethod(n_resamples=2**13)
    expected = stats.wilcoxon(nonzero, method=exact).pvalue
    assert paired_p_value(differences, [0.0] * len(differences)) == pytest.approx(expected)


def test_many_datasets_are_scipys_approximation() -> None:
    first = [50 + 0.7 * i for i in range(20)]
    second = [50.3 + 0.65 * i for i in range(20)]
    expected = stats.wilcoxon([a - b for a, b in zip(first, second, strict=True)]).pvalue
    assert paired_p_value(first, second) == pytest.approx(expected)


def test_the_best_is_tested_against_each_other() -> None:
    result = against_the_best(scores(8))
    assert result.best == ZIP
    smaller, larger = 2 / 2**8, paired_p_value(FIRST, SECOND)
    assert result.p_values == pytest.approx({ZERO: 2 * smaller, BAR: max(2 * smaller, larger)})
    assert result.worse(ZERO)
    assert not result.worse(ZIP)
    assert result.reason == ""


def test_p_values_are_corrected_by_holms_steps_in_the_order_of_the_methods() -> None:
    """Worked by hand: the k-th smallest of n times n - k + 1, never below the one before it."""
    names = ("best", "close", "far", "middle")
    gaps = {"best": (0.0,) * 8, "far": tuple(range(1, 9)), "middle": (-1, 2, 3, 4, 5, 6, 7, 8)}
    gaps["close"] = (-1, -2, -3, 4, 5, 6, 7, 8)
    values = {
        Contender(16, who): {n: (60.0 - g,) for n, g in zip(NAMES, gaps[who], strict=True)}
        for who in names
    }
    found = against_the_best(Scores(NAMES, (), values)).p_values
    far, middle, close = 2 / 2**8, 4 / 2**8, paired_p_value(gaps["best"], gaps["close"])
    assert [who.method for who in found] == ["close", "far", "middle"]
    assert list(found.values()) == pytest.approx([close, 3 * far, max(3 * far, 2 * middle)])


def test_named_comparisons_alone_are_corrected_for() -> None:
    found = against_others(scores(8), BAR, [ZERO])
    (pair,) = found.pairs.values()
    assert pair.corrected == pair.p_value == pytest.approx(2 / 2**8)
    assert (pair.better, pair.worse, pair.significant) == (8, 0, True)
    assert pair.difference == pytest.approx(sum(SECOND) / 8 - sum(scores(8).means(ZERO)) / 8)
    assert found.best == BAR
    behind = against_others(scores(8), ZERO, [BAR])
    assert behind.pairs[BAR].significant
    assert not behind.worse(BAR), "it differs, for the better"


def test_so_many_tests_that_none_can_find_anything_are_said() -> None:
    def of(count: int) -> Significance:
        others = [Contender(16, f"other-{number}") for number in range(count)]
        rows = {who: dict.fromkeys(NAMES[:7], (50.0 - i,)) for i, who in enumerate([ZIP, *others])}
        return against_others(Scores(NAMES[:7], (), rows), ZIP, others)

    assert of(3).beyond_reach == ""
    assert max(of(3).p_values.values()) == pytest.approx(3 / 64)
    assert min(of(4).p_values.values()) == pytest.approx(4 / 64)
    said = of(4).beyond_reach
    assert "on 7 datasets" in said
    assert "p = 0.0156" in said
    assert "4 tests multiplies that to 0.062. At most 3 tests could" in said


def test_few_datasets_are_said_not_tested() -> None:
    result = against_the_best(scores(5))
    assert result.p_values == {}
    assert "share 5 datasets" in result.reason
    assert "fewer than 6" in result.reason
    assert stats.wilcoxon([1.0, 2.0, 3.0, 4.0, 5.0]).pvalue > 0.05
    assert stats.wilcoxon([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).pvalue < 0.05


def test_a_lonely_method_is_said() -> None:
    alone = Scores(("a",), (), {ZIP: {"a": (1.0,)}})
    assert "no two methods" in against_the_best(alone).reason
