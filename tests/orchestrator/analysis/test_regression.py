"""Two stores side by side."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from orchestrator.analysis.regression import compare_traces
from orchestrator.errors import UserError
from orchestrator.store.trace import Point, Trace
from tests.orchestrator.analysis.builders import in_parts, make_run


def trace(accuracy: float, seed: int = 1, key: str | None = None) -> Trace:
    run = make_run([(0, 30.0), (10, accuracy)], seed=seed)
    cell = {**run.trace.cell, "seed": seed, "shots": 16}
    return replace(run.trace, cell=cell, key=key or f"key-{seed}")


def test_equal_keys_with_equal_points_are_identical() -> None:
    result = compare_traces([trace(50), trace(60, 2)], [trace(60, 2), trace(50)])
    assert {same.state for same in result.keys} == {"identical"}
    assert not result.differs


def test_a_difference_is_found_and_measured() -> None:
    result = compare_traces([trace(50)], [trace(50.5)])
    (same,) = result.keys
    assert (same.state, same.largest, same.first) == ("differs", 0.5, 10)
    assert result.differs
    assert not compare_traces([trace(50)], [trace(50.5)], tolerance=0.5).differs


def test_a_trace_measured_at_other_queries_differs_whatever_the_tolerance() -> None:
    longer = replace(trace(50), points=(*trace(50).points, Point(20, 20, "test_accuracy", 50.0)))
    result = compare_traces([trace(50)], [longer], tolerance=100)
    assert result.differs
    assert "other queries" in result.keys[0].shape


def test_equal_cells_under_other_keys_are_paired_by_seed() -> None:
    before = [trace(50 + s, s, f"old-{s}") for s in (1, 2, 3)]
    after = [trace(54 + s, s, f"new-{s}") for s in (1, 2, 3)]
    result = compare_traces(before, after)
    assert result.keys == ()
    (cell,) = result.cells
    assert (cell.first.mean, cell.second.mean, cell.change.mean) == (52, 56, 4)
    assert cell.significant
    assert not result.differs


def test_equal_keys_are_measured_on_equal_numbers_of_images() -> None:
    one, other = (in_parts(make_run([(0, 30), (9, 50)]), part, 90).trace for part in (40, 41))
    (same,) = compare_traces([one], [other], tolerance=100).keys
    assert (same.state, same.shape) == ("differs", "test was measured on other numbers of images")


def test_what_was_measured_in_parts_on_the_way_ends_as_what_was_not() -> None:
    run = make_run([(0, 30), (9, 50)])
    whole = replace(run.trace, cell={**run.trace.cell, "evaluation": {"points": 2}}, key="whole")
    (cell,) = compare_traces([whole], [in_parts(run, 40, 90).trace]).cells
    assert cell.change.mean == 0


def test_a_single_seed_is_never_significant() -> None:
    (cell,) = compare_traces([trace(50, 1, "old")], [trace(90, 1, "new")]).cells
    assert not cell.significant


def test_cells_may_be_compared_across_a_field() -> None:
    def on(backbone: str, accuracy: float) -> list[Trace]:
        traces = [trace(accuracy, seed, f"{backbone}-{seed}") for seed in (1, 2)]
        return [replace(one, cell={**one.cell, "backbone": backbone}) for one in traces]

    result = compare_traces(on("here", 50), on("there", 50), across=["backbone"])
    assert [same.state for same in result.keys] == ["identical", "identical"]
    assert compare_traces(on("here", 50), on("there", 51), across=["backbone"]).differs
    assert compare_traces(on("here", 50), on("there", 50)).keys == ()


def test_two_cells_that_only_such_a_field_tells_apart_are_refused() -> None:
    two = [replace(trace(50, key=b), cell={**trace(50).cell, "backbone": b}) for b in "ab"]
    with pytest.raises(UserError, match="two results that differ in backbone alone"):
        compare_traces(two, two, across=["backbone"])


def test_what_only_one_store_has_is_listed() -> None:
    result = compare_traces([trace(50), trace(60, 2)], [trace(50), trace(70, 3)])
    assert len(result.only_first) == len(result.only_second) == 1
    assert "seed 2" in result.only_first[0]
    assert "seed 3" in result.only_second[0]


def test_values_that_are_no_numbers_are_equal_to_each_other_alone() -> None:
    odd = trace(math.nan)
    assert compare_traces([odd], [trace(float("nan"))]).keys[0].state == "identical"
    (same,) = compare_traces([odd], [trace(50)], tolerance=100).keys
    assert (same.state, same.largest, same.first) == ("differs", math.inf, 10)
