"""Accuracies within given numbers of queries."""

from __future__ import annotations

import pytest

from orchestrator.analysis.at_queries import budget_of, ladder, reached_within
from tests.orchestrator.analysis.builders import make_run, zero_shot_run

RUNS = [
    zero_shot_run(40),
    make_run([(0, 30), (2, 60)], seed=1),
    make_run([(0, 30), (2, 70)], seed=2),
    make_run([(0, 30), (90, 50), (500, 80)], method="bar"),
]


@pytest.mark.parametrize(
    ("budget", "steps"),
    [
        (2000, (100, 250, 500, 1000, 2000)),
        (600, (100, 250, 500, 600)),
        (80, (80,)),
        (9000, (100, 250, 500, 1000, 2000, 5000, 9000)),
        (0, ()),
    ],
)
def test_a_ladder_ends_at_the_budget(budget: int, steps: tuple[int, ...]) -> None:
    assert ladder(budget) == steps


def test_the_budget_is_that_of_runs_that_train() -> None:
    assert budget_of(RUNS) == 500
    assert budget_of(RUNS[:1]) == 0


def test_what_was_reached_is_a_step_function_that_holds_its_last_value() -> None:
    found = {
        (one.group.method, one.limit): one.accuracy for one in reached_within(RUNS, (100, 499, 500))
    }
    assert [found["bar", step].mean for step in (100, 499, 500)] == [50, 50, 80]
    assert [found["zip", step].mean for step in (100, 499, 500)] == [65, 65, 65]
    assert found["zip", 100].count == 2
    assert found["zip", 100].half_width is not None
    assert found["zero_shot", 500].mean == 40
    assert found["zero_shot", 500].half_width is None


def test_nothing_is_told_of_what_was_measured_later() -> None:
    late = make_run([(50, 30), (100, 40)])
    assert [one.limit for one in reached_within([late], (10, 50))] == [50]
