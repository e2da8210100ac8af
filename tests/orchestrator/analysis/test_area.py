"""The area under a step function."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.area import mean_over_budget
from orchestrator.analysis.curves import Curve


def test_by_hand() -> None:
    # 20 for 100 queries, 40 for 300, 50 for the last 100 of 500
    assert mean_over_budget(Curve((0, 100, 400), (20.0, 40.0, 50.0)), 500) == pytest.approx(
        (20 * 100 + 40 * 300 + 50 * 100) / 500
    )


def test_what_lies_beyond_the_budget_does_not_count() -> None:
    assert mean_over_budget(Curve((0, 50, 100), (10.0, 20.0, 90.0)), 100) == 15


def test_an_early_end_keeps_what_was_reached() -> None:
    assert mean_over_budget(Curve((0, 50), (10.0, 30.0)), 200) == 25


def test_before_the_first_measurement_its_value_holds() -> None:
    assert mean_over_budget(Curve((50, 100), (10.0, 30.0)), 200) == 20


def test_nothing_measured_has_no_area_and_no_budget_needs_none() -> None:
    assert mean_over_budget(Curve((), ()), 100) is None
    assert mean_over_budget(Curve((0,), (7.0,)), 0) == 7


@given(values=st.lists(st.floats(0, 100), min_size=1, max_size=20), budget=st.integers(1, 500))
def test_lies_between_the_extremes(values: list[float], budget: int) -> None:
    area = mean_over_budget(Curve(tuple(range(0, 10 * len(values), 10)), tuple(values)), budget)
    assert area is not None
    assert min(values) - 1e-9 <= area <= max(values) + 1e-9
