"""Curves are step functions of what had been reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.curves import (
    Curve,
    band_of,
    curve_of,
    mean_curve,
    values_on_whole_splits,
)
from tests.orchestrator.analysis.builders import in_parts, make_run


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


def test_points_on_a_part_have_a_standard_error_and_the_end_has_none() -> None:
    run = in_parts(make_run([(0, 50), (9, 60), (18, 55)]), 2000, 2000, 8041)
    first, second, end = curve_of(run).errors
    assert first == pytest.approx(0.97, abs=0.005)
    assert first > second > end == 0
    assert values_on_whole_splits(run) == (55,)
    plain = make_run([(0, 50), (9, 60)])
    assert curve_of(plain).errors == ()
    assert values_on_whole_splits(plain) == (50, 60)


def test_seeds_share_an_error_and_datasets_do_not() -> None:
    runs = [in_parts(make_run([(0, 50), (9, 60)], seed=seed), 100, 400) for seed in (1, 2, 3, 4)]
    band, one = band_of(runs), curve_of(runs[0])
    assert band is not None
    assert band.errors == pytest.approx(one.errors), "all are measured on the same part"
    mean = mean_curve([curve_of(run) for run in runs])
    assert mean.errors == pytest.approx([error / 2 for error in one.errors]), "a half for four"
    whole = curve_of(make_run([(0, 50), (9, 60)]))
    assert mean_curve([one, whole]).errors == pytest.approx([error / 2 for error in one.errors])
    assert mean_curve([whole, whole]).errors == ()
