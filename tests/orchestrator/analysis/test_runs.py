"""Which finished runs count: those whose every accuracy was measured."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from orchestrator.analysis.runs import Run, split_by_measurements
from orchestrator.store.trace import Point
from orchestrator.tracking.entries import TrackedSpec, aggregate_entries
from tests.orchestrator.analysis.builders import make_run


def with_loss(run: Run, metric: str, queries: int, value: float) -> Run:
    """The run with one loss more."""
    points = (*run.trace.points, Point(queries, 0, metric, value))
    return replace(run, trace=replace(run.trace, points=points))


RUN = make_run([(0, 33.3), (10, 50.0)], new_accuracy=40.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(
    ("metric", "queries"), [("test_loss", 0), ("test_loss", 10), ("new_loss", 10)]
)
def test_an_accuracy_beside_a_loss_that_is_no_number_was_not_measured(
    metric: str, queries: int, value: float
) -> None:
    odd = with_loss(RUN, metric, queries, value)
    assert split_by_measurements([RUN, odd]) == ([RUN], [odd])
    assert aggregate_entries([odd], TrackedSpec("demo", "", 10)) == []
    assert len(aggregate_entries([odd, RUN], TrackedSpec("demo", "", 10))) == 1


def test_training_losses_do_not_matter() -> None:
    odd = with_loss(RUN, "train_loss", 10, math.nan)
    assert split_by_measurements([odd]) == ([odd], [])


def test_an_accuracy_on_new_classes_that_is_no_number_was_not_measured() -> None:
    odd = with_loss(RUN, "new_accuracy", 10, math.nan)
    assert split_by_measurements([odd]) == ([], [odd])
