"""Objectives of a trial, on curves that were worked by hand."""

from __future__ import annotations

from orchestrator.analysis.curves import Curve
from orchestrator.search.objective import Goal

SLOW = Curve((0, 50, 100), (10, 20, 60))
QUICK = Curve((0, 50, 100), (10, 50, 40))
ALL = Goal(("accuracy", "area", "queries_to_target"), target=45)


def test_each_objective_of_one_cell() -> None:
    assert ALL.values([SLOW], 100) == {"accuracy": 60, "area": 15, "queries_to_target": 100}
    assert ALL.values([QUICK], 100) == {"accuracy": 40, "area": 30, "queries_to_target": 50}


def test_several_cells_count_alike() -> None:
    assert ALL.values([SLOW, QUICK], 100) == {
        "accuracy": 50,
        "area": 22.5,
        "queries_to_target": 75,
    }


def test_a_target_that_was_not_reached_counts_as_two_budgets() -> None:
    goal = Goal(("queries_to_target",), target=99)
    assert goal.values([SLOW], 100) == {"queries_to_target": 200}


def test_area_of_an_unfinished_trial_is_over_what_it_has_spent() -> None:
    assert Goal(("area",)).values([Curve((0, 50), (10, 20))], 100) == {"area": 10}
    assert Goal(("area",)).values([Curve((0,), (10,))], 100) == {"area": 10}
