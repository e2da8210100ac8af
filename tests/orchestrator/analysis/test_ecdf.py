"""The share of targets reached within a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.ecdf import LEVELS, ecdf, ecdfs, targets_on
from orchestrator.analysis.runs import Contender, Run
from tests.orchestrator.analysis.builders import in_parts, make_run, zero_shot_run

RUNS = [
    make_run([(0, 10), (100, 50), (200, 60)], dataset="dots"),
    make_run([(0, 10), (100, 20), (300, 50)], dataset="letters"),
]


def test_by_hand() -> None:
    curve = ecdf(RUNS, {"dots": (5, 50, 70), "letters": (20,)})
    assert curve is not None
    # 5 is there at once; 50 on dots and 20 on letters come at 100; 70 never
    assert curve.queries == (0, 100)
    assert curve.values == (0.25, 0.75)


def test_no_pairs_no_curve() -> None:
    assert ecdf(RUNS, {}) is None
    assert ecdfs([zero_shot_run(40)], {"dots": (50,)}) == {}


@given(order=st.permutations(RUNS), targets=st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_rises_from_0_to_at_most_1_in_any_order(order: list[Run], targets: list[float]) -> None:
    on = {"dots": targets, "letters": targets}
    curve = ecdf(order, on)
    assert curve is not None
    assert curve == ecdf(RUNS, on)
    assert list(curve.values) == sorted(curve.values)
    assert curve.queries[0] == 0
    assert curve.values[0] >= 0
    assert curve.values[-1] <= 1


@given(low=st.floats(0, 100), more=st.floats(0, 50))
def test_higher_targets_are_reached_less(low: float, more: float) -> None:
    easy, hard = (ecdf(RUNS, {"dots": (t,), "letters": (t,)}) for t in (low, low + more))
    assert easy is not None
    assert hard is not None
    assert hard.values[-1] <= easy.values[-1]


def test_targets_lie_between_zero_shot_and_the_best() -> None:
    targets = targets_on([zero_shot_run(40), RUNS[0]], "dots")
    assert len(targets) == LEVELS
    assert targets[0] == pytest.approx(41)
    assert targets[-1] == pytest.approx(60)


def test_the_best_is_one_that_was_reached_on_all_test_images() -> None:
    run = in_parts(make_run([(0, 40), (9, 90), (18, 50)]), 20, 20, 400)
    assert targets_on([run, zero_shot_run(40)], "dots")[-1] == 50


def test_without_zero_shot_they_start_at_the_lowest_start() -> None:
    assert targets_on(RUNS, "dots")[0] == pytest.approx(10 + 50 / LEVELS)


def test_named_gains_are_taken_as_they_are() -> None:
    assert targets_on([zero_shot_run(40), RUNS[0]], "dots", (5, 2.5)) == (42.5, 45)


def test_where_nothing_beats_zero_shot_there_is_no_target() -> None:
    assert targets_on([zero_shot_run(70), RUNS[0]], "dots") == ()
    assert targets_on([zero_shot_run(70)], "dots") == ()


def test_methods_are_told_apart_by_shots() -> None:
    runs = [RUNS[0], make_run([(0, 10), (100, 90)], shots=4)]
    found = ecdfs(runs, {"dots": (80,)})
    assert found[Contender(4, "zip")].values == (0.0, 1.0)
    assert found[Contender(16, "zip")].values == (0.0,)
