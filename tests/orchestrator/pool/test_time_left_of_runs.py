"""What is told of whole runs is true, however much their methods differ."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.plan.plan import PlannedCell
from tests.orchestrator.cli.verbs import plan_of, write_spec
from tests.orchestrator.pool.made_up_run import Actor, MadeUpRun, Work

QUERIES, PARTS = 200, 8

SLACK = 0.05
"""Share of a whole run by which what is told may be wrong, however little is left."""


@cache
def cells() -> tuple[PlannedCell, ...]:
    """A cell of `zip` on each of two datasets."""
    with TemporaryDirectory() as folder:
        spec = write_spec(
            Path(folder),
            datasets=["pocket_dots", "pocket_outlines"],
            methods=["zip"],
            seeds=[1],
            evaluation={"points": PARTS},
        )
        return plan_of(spec, Path(folder) / "store").cells


@st.composite
def runs(draw: st.DrawFn) -> MadeUpRun:
    """Methods that take from 3 to 300 seconds a cell, of which half may be measuring.

    Seeds of a method differ a little, and its datasets somewhat. Actors come one after another, and
    warm up.
    """
    works = []
    seeds = draw(st.integers(2, 3))
    methods = range(draw(st.integers(2, 6)))
    seconds = [10 ** draw(st.floats(0.5, 2.5)) for _ in methods]
    measured = [draw(st.floats(0, 0.5)) for _ in methods]
    for place, cell in enumerate(cells()):
        slower = draw(st.floats(0.7, 1.4)) if place else 1.0
        for seed in range(seeds):
            for method in methods:
                takes = seconds[method] * slower * draw(st.floats(0.85, 1.15))
                measuring = takes * measured[method] / (1 + PARTS)
                training = takes * (1 - measured[method])
                named = replace(cell, label=f"m{method}", key=f"{place} {seed} {method}")
                works.append(Work(named, 0.3, training, measuring, PARTS, QUERIES))
    actors = [
        Actor(ready=draw(st.floats(0, 10)), warm_up=draw(st.floats(0, 60)))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return MadeUpRun(works, actors)


@given(runs())
@settings(max_examples=25, deadline=None)
def test_a_time_that_is_told_is_right_within_a_factor_of_two(run: MadeUpRun) -> None:
    end = run.run()
    for told in run.told:
        if told.likely is not None:
            true = end - told.now
            assert true / 2 - SLACK * end <= told.likely <= 2 * true + SLACK * end
            longest = max(told.running, default=0.0)
            assert told.likely >= longest / 2 - SLACK * end


@given(runs())
@settings(max_examples=25, deadline=None)
def test_what_all_takes_at_least_is_hardly_more_than_it_takes(run: MadeUpRun) -> None:
    end = run.run()
    for told in run.told:
        if told.likely is None:
            assert told.least <= 1.25 * (end - told.now) + SLACK * end


@given(runs())
@settings(max_examples=25, deadline=None)
def test_what_is_told_jumps_only_where_cells_begin_or_end(run: MadeUpRun) -> None:
    end = run.run()
    for before, told in pairwise(run.told):
        if before.likely and told.likely and not told.moved:
            least, most = sorted((before.likely, told.likely))
            assert most <= max(2 * least, SLACK * end)


@given(runs())
@settings(max_examples=25, deadline=None)
def test_a_time_is_told_once_each_method_has_ended_a_cell(run: MadeUpRun) -> None:
    run.run()
    methods = {work.cell.label for work in run.works}
    assert all(told.likely is not None for told in run.told if told.ended == methods)
