"""Means and t-intervals against hand-worked numbers and scipy."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from orchestrator.analysis.intervals import difference_half_width, mean_interval


def test_three_values_by_hand() -> None:
    # mean 2, standard deviation 1, error 1/sqrt(3); t(0.975, 2) = 4.302653
    interval = mean_interval([1.0, 2.0, 3.0])
    assert interval.mean == 2.0
    assert interval.half_width == pytest.approx(4.302653 / 3**0.5, rel=1e-6)
    assert interval.count == 3


def test_a_single_value_has_no_interval() -> None:
    interval = mean_interval([7.0])
    assert interval.half_width is None
    assert (interval.lower, interval.upper) == (7.0, 7.0)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mean_interval([])


@given(values=st.lists(st.floats(-100, 100), min_size=2, max_size=10))
def test_equals_scipys_interval(values: list[float]) -> None:
    interval = mean_interval(values)
    error = stats.sem(values)
    if error > 1e-9:
        low, high = stats.t.interval(0.95, len(values) - 1, interval.mean, error)
        assert interval.lower == pytest.approx(low, rel=1e-6, abs=1e-6)
        assert interval.upper == pytest.approx(high, rel=1e-6, abs=1e-6)


@given(
    ours=st.lists(st.floats(-100, 100), min_size=2, max_size=6),
    theirs=st.lists(st.floats(-100, 100), min_size=2, max_size=6),
)
def test_a_difference_has_scipys_welch_interval(ours: list[float], theirs: list[float]) -> None:
    sd = statistics.stdev(theirs)
    if statistics.stdev(ours) < 1e-6 or sd < 1e-6:
        return
    half_width = difference_half_width(mean_interval(ours), sd, len(theirs))
    interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    assert half_width == pytest.approx((interval.high - interval.low) / 2, rel=1e-6)


def test_a_difference_of_means_without_any_spread_has_none() -> None:
    assert difference_half_width(mean_interval([5.0, 5.0]), 0.0, 3) == 0


@pytest.mark.parametrize(("ours", "count"), [([5.0], 3), ([5.0, 6.0], 1)])
def test_a_single_run_on_either_side_is_refused(ours: list[float], count: int) -> None:
    with pytest.raises(ValueError, match="two means of 2 runs or more"):
        difference_half_width(mean_interval(ours), 1.0, count)
