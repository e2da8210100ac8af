"""Base to new: trained on the base classes, tested on them and, by other names, on the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.plan.plan import PlannedCell
from tests.orchestrator.plan.test_transfers import Desk

SPEC = (
    "protocol=base_to_new",
    "source=null",
    "datasets=[pocket_dots]",
    "methods=[zero_shot, zip, {name: bar, batch_size: 4}]",
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_measurement_has_both_accuracies(desk: Desk) -> None:
    traces = desk.run_all(*SPEC)
    assert len(traces) == 3
    for trace in traces.values():
        assert trace.series("test_accuracy")[0] == trace.series("new_accuracy")[0]
        assert 0 <= (trace.last("new_accuracy") or -1) <= 100
    trained = traces["pocket_dots / zip / 4 shots / seed 1"]
    assert trained.ledgers["method"] == {"queries": 60, "images": 60 * 16}, "4 classes, 4 shots"
    # start and end, each 16 val, 200 base and 200 new images
    assert trained.ledgers["observer"]["images"] == 2 * 416


def test_each_half_is_told_apart_among_its_own_names(desk: Desk) -> None:
    halves = desk.run_all(*SPEC, "methods=[zero_shot]")["pocket_dots / zero_shot"]
    usual = ("protocol=few_shot", "source=null", "datasets=[pocket_dots]", "methods=[zero_shot]")
    whole = desk.run_all(*usual)["pocket_dots / zero_shot"]
    base, new = halves.last("test_accuracy"), halves.last("new_accuracy")
    assert base is not None
    assert new is not None
    # fewer names to confuse, and halves of equal size: at least as many right as among all names
    assert (base + new) / 2 > (whole.last("test_accuracy") or 100)


def test_both_halves_are_measured_on_all_scores_whatever_the_method_saw(desk: Desk) -> None:
    methods = "methods=[zip, {name: zip, label: poor, answers: label}]"
    traces = desk.run_all(*SPEC, methods, "budget=10")
    zip_, poor = (traces[f"pocket_dots / {label} / 4 shots / seed 1"] for label in ("zip", "poor"))
    for metric in ("test_accuracy", "new_accuracy", "test_loss", "new_loss"):
        assert zip_.series(metric)[1][0] == poor.series(metric)[1][0], "nothing is learnt yet"
    assert zip_.last("new_loss") != poor.last("new_loss")


def test_it_shares_test_features_with_few_shot_but_no_cell(desk: Desk) -> None:
    usual = ("protocol=few_shot", "source=null", "datasets=[pocket_dots]")
    one, other = desk.plan(*SPEC).cells, desk.plan(*usual).cells
    assert features(one) == features(other)
    assert not {cell.key for cell in one} & {cell.key for cell in other}


def features(cells: tuple[PlannedCell, ...]) -> set[str]:
    return {cell.features for cell in cells}
