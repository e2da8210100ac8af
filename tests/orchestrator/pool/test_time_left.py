"""The time that a run still takes is told from the pace of its methods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.plan.alike import group_of
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
    paces = {group_of(cells["pocket_dots zip"]): 0.1, group_of(cells["pocket_dots bar"]): 2.0}
    left, running = TimeLeft(tuple(cells.values()), paces).lefts()
    # zip's pace stands for it on the other dataset; zero-shot spends no queries
    assert (left, running) == (pytest.approx(20 + 20 + 400), {})


def test_the_pace_of_finished_cells_counts_more_than_that_of_earlier_runs(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_, other = cells["pocket_dots zip"], cells["pocket_outlines zip"]
    left = TimeLeft((zip_, other), {group_of(zip_): 9.0}, clock)
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
    paces = {group_of(zip_): 1.0, group_of(other): 1.5}
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


def test_of_a_method_that_never_ran_others_say_nothing(cells: dict[str, PlannedCell]) -> None:
    zip_, bar = cells["pocket_dots zip"], cells["pocket_dots bar"]
    left = TimeLeft((zip_, bar), {group_of(zip_): 0.5})
    assert left.lefts() == (None, {})
    assert left.at_least() == pytest.approx(100)


def test_nothing_is_left_at_the_end(cells: dict[str, PlannedCell]) -> None:
    shot = cells["pocket_dots zero_shot"]
    left = TimeLeft((shot,), {})
    left.started(shot)
    left.ended(shot.key, ran=True)
    assert left.lefts() == (0.0, {})


def test_a_cell_at_work_is_believed_once_it_was_measured_meanwhile(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_ = replaced(cells["pocket_dots zip"], points=4)
    left = TimeLeft((zip_,), {}, clock)
    left.started(zip_)
    for clock.now, queries in ((30.0, 0), (40.0, 20), (70.0, 79)):
        left.advanced(zip_.key, queries)
        assert left.lefts()[0] is None
    clock.now = 70.0
    left.advanced(zip_.key, 80)
    assert left.lefts()[0] == pytest.approx(120 * 30 / 60), "what came before isn't counted"


def test_what_the_first_cell_of_an_actor_loads_is_not_expected_of_the_next(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_, other = cells["pocket_dots zip"], cells["pocket_outlines zip"]
    left = TimeLeft((zip_, other), {}, clock)
    left.started(zip_)
    for clock.now, queries in ((60.0, 0), (61.0, 100), (62.0, 200)):
        left.advanced(zip_.key, queries)
    left.ended(zip_.key, ran=True)
    assert left.lefts()[0] == pytest.approx(2)


def test_what_an_actor_tells_of_the_cell_before_counts_for_nothing(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_ = cells["pocket_dots zip"]
    left = TimeLeft((zip_,), {}, clock)
    left.started(zip_)
    for clock.now, queries in ((1.0, 200), (2.0, 0), (10.0, 50), (20.0, 100)):
        left.advanced(zip_.key, queries)
    assert left.lefts()[0] == pytest.approx(20)


def test_a_cell_from_a_checkpoint_tells_of_none_until_it_is_loaded(
    cells: dict[str, PlannedCell],
) -> None:
    clock = Clock()
    zip_ = replace(cells["pocket_dots zip"], status="in progress")
    left = TimeLeft((zip_,), {}, clock)
    left.started(zip_)
    for clock.now, queries in ((5.0, 0), (10.0, 110), (20.0, 130)):
        left.advanced(zip_.key, queries)
    assert left.lefts()[0] == pytest.approx(70 / 2)


def test_actors_that_still_start_will_share_the_work(cells: dict[str, PlannedCell]) -> None:
    zip_, other = cells["pocket_dots zip"], cells["pocket_outlines zip"]
    left = TimeLeft((zip_, other), {group_of(zip_): 1.0, group_of(other): 1.5}, Clock())
    left.actors(2)
    assert left.lefts()[0] == pytest.approx(300)
    left.started(zip_)
    assert left.lefts()[0] == pytest.approx(300)


def test_other_data_with_far_more_classes_may_take_far_longer(
    cells: dict[str, PlannedCell],
) -> None:
    zip_, other = cells["pocket_dots zip"], cells["pocket_outlines zip"]
    paces = {group_of(zip_): 1.0}
    assert TimeLeft((other,), paces).lefts()[0] == pytest.approx(200)
    three = replace(other, classes=3 * zip_.classes)
    assert TimeLeft((three,), paces).lefts()[0] == pytest.approx(200 * 3**0.5)
    many = replace(other, classes=100 * zip_.classes)
    assert TimeLeft((many,), paces).lefts()[0] is None
    assert TimeLeft((many,), paces).at_least() == pytest.approx(100)


def replaced(cell: PlannedCell, points: int) -> PlannedCell:
    """A cell that is measured so often."""
    evaluation = cell.cell.evaluation.model_copy(update={"points": points})
    return replace(cell, cell=cell.cell.model_copy(update={"evaluation": evaluation}))
