"""Cells alike have the same group; others of their method differ by what a query encodes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.plan.alike import group_of
from orchestrator.plan.plan import PlannedCell
from tests.orchestrator.cli.verbs import plan_of, write_spec


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PlannedCell]:
    """A cell of each method, of the first seed."""
    folder = tmp_path_factory.mktemp("alike")
    plan = plan_of(write_spec(folder, datasets=["pocket_dots"]), folder / "store")
    return {cell.label: cell for cell in reversed(plan.cells)}


def test_seeds_are_alike_and_methods_are_not(cells: dict[str, PlannedCell]) -> None:
    zip_ = group_of(cells["zip"])
    other = replace(cells["zip"], cell=cells["zip"].cell.model_copy(update={"seed": 9}))
    assert group_of(other) == zip_
    assert not zip_.is_method_of(group_of(cells["bar"]))
    assert not zip_.is_method_of(replace(zip_, asks=False)), "it tests another cell's prompt"


def test_texts_of_more_classes_take_longer_and_at_least_as_long(
    cells: dict[str, PlannedCell],
) -> None:
    zip_ = cells["zip"]
    more = group_of(replace(zip_, classes=5 * zip_.classes))
    assert more.beside(group_of(zip_)) == (1.0, pytest.approx(5))
    assert group_of(zip_).beside(more) == (pytest.approx(1 / 5), 1.0)


def test_images_count_for_methods_that_change_them_with_those_measured(
    cells: dict[str, PlannedCell],
) -> None:
    assert group_of(cells["zip"]).images == 0
    bar = cells["bar"]
    batch = bar.cell.batch_size
    assert group_of(bar).images > batch
    unmeasured = group_of(replace(bar, measured=()))
    assert unmeasured.images == batch
    assert group_of(bar).beside(unmeasured)[1] == pytest.approx(group_of(bar).images / batch)
