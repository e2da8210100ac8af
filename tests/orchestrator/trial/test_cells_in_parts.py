"""Cells of the pocket that measure a part on the way: what they cost is what a plan says."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.money import SERVICE_MEASURING, Prices, calls_in
from orchestrator.plan.measurements import images_measured
from orchestrator.plan.money import Costing
from orchestrator.store.trace import Trace
from tests.orchestrator.oracle.remote.services import BACKBONE, reach, served
from tests.orchestrator.trial.test_service_cells import Desk

WHOLE, PART = 17, 6
BAR = ("methods=[bar]", "budget=30", "evaluation.points=2")
IN_PARTS = f"evaluation.images={PART}"

pytestmark = pytest.mark.usefixtures("few_test_images")


def images(trace: Trace, split: str = "test") -> tuple[float, ...]:
    return trace.series(f"{split}_images")[1]


def test_the_end_is_that_of_a_cell_without_parts(tmp_path: Path) -> None:
    part, whole = Desk(tmp_path, *BAR, IN_PARTS), Desk(tmp_path, *BAR)
    cell = part.cell()
    found, usual = part.trace(cell), whole.trace(whole.cell())
    assert images(found) == (PART, PART, WHOLE)
    assert images(usual) == ()
    assert found.last("test_accuracy") == usual.last("test_accuracy")
    assert found.series("train_loss") == usual.series("train_loss")
    assert found.ledgers["observer"]["images"] == images_measured(cell)
    right = [value / 100 * count for value, count in zip(
        found.series("test_accuracy")[1], images(found), strict=True)]  # fmt: skip
    assert right == [pytest.approx(round(count)) for count in right]


def test_both_halves_of_the_classes_are_measured_in_parts(tmp_path: Path) -> None:
    desk = Desk(tmp_path, *BAR, IN_PARTS, "protocol=base_to_new")
    found = desk.trace(desk.cell())
    *way, base = images(found)
    *others, new = images(found, "new")
    assert way == others == [PART, PART]
    assert base + new == WHOLE
    assert found.ledgers["observer"]["images"] == images_measured(desk.cell())


def test_a_service_is_asked_and_paid_for_no_more_than_was_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = Desk(tmp_path / "memory", *BAR, IN_PARTS)
    same = local.trace(local.cell())
    reach(monkeypatch, served())
    desk = Desk(tmp_path / "service", BACKBONE, *BAR, "methods=[bar, zip]", IN_PARTS)
    for cell in desk.plan.cells:
        found = desk.trace(cell)
        assert images(found) == (PART, PART, WHOLE)
        charged = found.ledgers[SERVICE_MEASURING]
        assert charged["images"] == found.ledgers["observer"]["images"] == images_measured(cell)
        calls = Costing(Prices(per_call=1)).whole([cell])
        assert calls.measuring == calls_in(int(charged["queries"]), int(charged["requests"]))
        if cell.label == "bar":
            assert found.points == same.points
