"""Queries to a target: censored runs are charged in full."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.queries_to_target import first_reaching, queries_to_target, target_on
from orchestrator.spec.spec import ReportSpec
from tests.orchestrator.analysis.builders import make_run, zero_shot_run


def test_by_hand() -> None:
    runs = [
        make_run([(0, 10), (100, 50), (200, 60)], seed=1),
        make_run([(0, 10), (100, 40), (200, 55)], seed=2),
        make_run([(0, 10), (100, 20), (200, 30)], seed=3, budget=210),
    ]
    result = queries_to_target(runs, 50)
    assert (result.successes, result.runs) == (2, 3)
    assert result.median == 150
    assert result.expected == (100 + 200 + 210) / 2


def test_never_reached() -> None:
    result = queries_to_target([make_run([(0, 1), (10, 2)])], 50)
    assert (result.successes, result.median, result.expected) == (0, None, None)


def test_a_crashed_run_is_charged_what_it_had_spent() -> None:
    runs = [make_run([(0, 10), (100, 50)], seed=1)]
    crash = make_run([(0, 10)], seed=2, budget=30)
    crash = replace(crash, trace=replace(crash.trace, status="failed", points=()))
    result = queries_to_target(runs, 50, [crash])
    assert (result.successes, result.runs) == (1, 2)
    assert result.median == 100
    assert result.expected == result.spent == 130


def test_a_later_fall_does_not_undo_having_reached_it() -> None:
    assert first_reaching(make_run([(0, 1), (10, 60), (20, 5)]), 50) == 10


@given(
    values=st.lists(st.floats(0, 100), min_size=1, max_size=15),
    targets=st.tuples(st.floats(0, 100), st.floats(0, 100)),
)
def test_a_higher_target_is_never_reached_earlier(
    values: list[float], targets: tuple[float, float]
) -> None:
    run = make_run(list(enumerate(values)))
    low, high = (first_reaching(run, target) for target in sorted(targets))
    assert high is None or (low is not None and low <= high)


def test_a_gain_counts_from_zero_shot_on_the_same_dataset() -> None:
    runs = [zero_shot_run(40, "dots"), zero_shot_run(60, "letters"), make_run([(0, 1)])]
    assert target_on("dots", ReportSpec(target_gain=5), runs) == 45
    assert target_on("letters", ReportSpec(target_gain=5), runs) == 65
    assert target_on("textures", ReportSpec(target_gain=5), runs) is None
    assert target_on("textures", ReportSpec(target_accuracy=50), runs) == pytest.approx(50)
    assert target_on("dots", ReportSpec(), runs) is None
