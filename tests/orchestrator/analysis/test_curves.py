"""Curves are step functions of what had been reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.curves import Curve, band_of, curve_of
from tests.orchestrator.analysis.builders import make_run


def test_a_curve_keeps_its_value_until_the_next_measurement() -> None:
    curve = Curve((0, 100, 200), (10.0, 30.0, 20.0))
    assert [curve.at(q) for q in (0, 99, 100, 199, 200, 999)] == [10, 10, 30, 30, 20, 20]


def test_nothing_is_known_before_the_first_measurement() -> None:
    assert Curve((50,), (1.0,)).at(49) is None


@given(
    points=st.lists(st.tuples(st.integers(0, 500), st.floats(0, 100)), min_size=1, max_size=20),
    queries=st.integers(0, 600),
)
def test_a_curve_never_anticipates(points: list[tuple[int, float]], queries: int) -> None:
    ordered = sorted(dict(points).items())
    curve = curve_of(make_run(ordered))
    past = [value for q, value in ordered if q <= queries]
    assert curve.at(queries) == (past[-1] if past else None)


def test_a_band_is_the_mean_of_steps_on_the_common_grid() -> None:
    runs = [make_run([(0, 10), (100, 30)]), make_run([(0, 20), (50, 40)], seed=2)]
    band = band_of(runs)
    assert band is not None
    assert band.queries == (0, 50, 100)
    assert band.mean == (15, 25, 35)
    assert band.seeds == 2


def test_a_band_does_not_depend_on_the_order_of_runs() -> None:
    runs = [make_run([(0, s), (10, 2 * s)], seed=s) for s in (1, 2, 3)]
    assert band_of(runs) == band_of(runs[::-1])


def test_a_single_seed_has_a_band_of_no_width() -> None:
    band = band_of([make_run([(0, 10), (10, 20)])])
    assert band is not None
    assert band.lower == band.mean == band.upper


def test_unmeasured_runs_have_no_band() -> None:
    assert band_of([make_run([])]) is None
    assert band_of([make_run([], new_accuracy=1.0)]) is None


def test_a_band_starts_where_all_runs_have_a_value() -> None:
    band = band_of([make_run([(0, 10), (20, 20)]), make_run([(10, 30)], seed=2)])
    assert band is not None
    assert band.queries == (10, 20)
    assert band.mean == pytest.approx((20, 25))
