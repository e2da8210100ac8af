"""The time that a run still takes is told from the pace of its methods."""

from __future__ import annotations

import pytest

from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.time_left import TimeLeft
from tests.orchestrator.cli.verbs import plan_of, write_spec


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PlannedCell]:
    """A cell of `zero_shot` and of `bar`, and two of `zip`, of 200 queries each."""
    folder = tmp_path_factory.mktemp("left")
    methods = ["zero_shot", "zip", "bar"]
    spec = write_spec(
        folder, datasets=["pocket_dots", "pocket_outlines"], methods=methods, seeds=[1]
    )
    found = {f"{c.cell.dataset} {c.label}": c for c in plan_of(spec, folder / "store").cells}
    chosen = ("pocket_dots zero_shot", "pocket_dots zip", "pocket_outlines zip", "pocket_dots bar")
    return {name: found[name] for name in chosen}


def test_slow_methods_count_for_more(cells: dict[str, PlannedCell]) -> None:
    paces = {("pocket_dots", "zip"): 0.1, ("pocket_dots", "bar"): 2.0}
    left, running = TimeLeft(tuple(cells.values()), paces).lefts()
    # zip's pace stands for it on the other dataset; zero-shot spends no queries
    assert (left, running) == (pytest.approx(20 + 20 + 400), {})


def test_the_pace_of_finished_cells_counts_more_than_that_of_earlier_runs(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_, other = cells["pocket_dots zip"], cells["pocket_outlines zip"]
    left = TimeLeft((zip_, other), {("pocket_dots", "zip"): 9.0}, clock)
    left.started(zip_)
    clock.now = 100.0
    left.ended(zip_.key, ran=True)
    assert left.lefts()[0] == pytest.approx(100)


def test_a_cell_at_work_tells_its_own_pace_from_where_it_went_on(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_ = cells["pocket_dots zip"]
    left = TimeLeft((zip_,), {}, clock)
    left.started(zip_)
    clock.now = 50.0
    left.started(zip_)  # on another actor, which loads first and goes on from query 100
    clock.now = 70.0
    left.advanced(zip_.key, 100)
    assert left.lefts() == (None, {zip_.key: None})
    clock.now = 80.0
    left.advanced(zip_.key, 120)
    assert left.lefts() == (pytest.approx(40), {zip_.key: pytest.approx(40)})


def test_cells_at_the_same_time_share_it_and_the_longest_bounds_it(
    cells: dict[str, PlannedCell],
) -> None:
    zip_, other = cells["pocket_dots zip"], cells["pocket_outlines zip"]
    paces = {("pocket_dots", "zip"): 1.0, ("pocket_outlines", "zip"): 1.5}
    left = TimeLeft((zip_, other), paces, Clock())
    assert left.lefts()[0] == pytest.approx(500), "one after another"
    left.started(zip_)
    left.started(other)
    assert left.lefts()[0] == pytest.approx(300)


def test_what_was_found_or_left_teaches_no_pace(cells: dict[str, PlannedCell]) -> None:
    zip_, bar = cells["pocket_dots zip"], cells["pocket_dots bar"]
    left = TimeLeft((zip_, bar), {}, Clock())
    left.started(zip_)
    left.left(zip_.key)
    left.started(zip_)
    left.ended(zip_.key, ran=False)
    assert left.lefts() == (None, {})


def test_a_method_that_never_ran_is_guessed_from_the_others(cells: dict[str, PlannedCell]) -> None:
    zip_, bar = cells["pocket_dots zip"], cells["pocket_dots bar"]
    left = TimeLeft((zip_, bar), {("pocket_dots", "zip"): 0.5})
    assert left.lefts()[0] == pytest.approx(200)


def test_nothing_is_left_at_the_end(cells: dict[str, PlannedCell]) -> None:
    shot = cells["pocket_dots zero_shot"]
    left = TimeLeft((shot,), {})
    left.started(shot)
    left.ended(shot.key, ran=True)
    assert left.lefts() == (0.0, {})
