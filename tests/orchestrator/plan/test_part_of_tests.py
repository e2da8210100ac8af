"""Which cells measure points on the way on a part of their test images, and what that costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.money import Prices
from orchestrator.plan.measurements import images_measured
from orchestrator.plan.money import Costing, Estimate
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.plan.recall.parts import as_stored
from orchestrator.plan.recall.stored import Stored
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.oracle.remote.services import BACKBONE, reach, served

TESTS = 400
"""Test images of each set of the pocket."""
SMALL = (
    "datasets=[pocket_dots]",
    "seeds=[1]",
    "shots=[4]",
    "methods=[zero_shot, zip, {name: bar, batch_size: 4}]",
    "budget=600",
    "evaluation.points=4",
)
PART = "evaluation.images=100"
Cells = dict[tuple[str, str], PlannedCell]


def cells(folder: Path, *overrides: str, blind: bool = False) -> Cells:
    spec, store = load_spec("demo", (*SMALL, *overrides)), Store(LocalStorage(folder))
    plan = make_plan(spec, store, folder, blind=blind)
    return {(cell.cell.dataset, cell.label): cell for cell in plan.cells}


def parts(found: Cells) -> list[int | None]:
    return [cell.cell.evaluation.images for cell in found.values()]


def test_only_where_prompts_change_images_is_a_part_measured(tmp_path: Path) -> None:
    usual, found = cells(tmp_path), cells(tmp_path, PART)
    assert parts(found) == [None, None, 100]
    changed = [name for name in found if found[name].key != usual[name].key]
    assert changed == [("pocket_dots", "bar")]
    assert cells(tmp_path, "evaluation.images=101")[changed[0]].key != found[changed[0]].key


def test_of_a_service_every_method_that_trains_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, served())
    assert parts(cells(tmp_path, BACKBONE, PART)) == [None, 100, 100]


def test_a_plan_says_whose_points_they_are(tmp_path: Path) -> None:
    def notes(*overrides: str) -> list[str]:
        spec, store = load_spec("demo", (*SMALL, *overrides)), Store(LocalStorage(tmp_path))
        plan = make_plan(spec, store, tmp_path)
        return [note for note in plan.notes if "on the way" in note]

    assert notes(PART) == [
        "points on the way of bar are measured on 100 test images where a dataset has more, what "
        "they end with on all"
    ]
    assert notes() == notes("evaluation.images=9999") == []


@pytest.mark.parametrize(("size", "left"), [(TESTS - 1, TESTS - 1), (TESTS, None), (9999, None)])
def test_a_part_that_is_the_whole_changes_no_key(
    size: int, left: int | None, tmp_path: Path
) -> None:
    found = cells(tmp_path, f"evaluation.images={size}")
    assert parts(found) == [None, None, left]
    same = {name: cell.key for name, cell in found.items()}
    assert (same == {name: cell.key for name, cell in cells(tmp_path).items()}) == (left is None)


@pytest.mark.parametrize(("size", "left"), [(199, 199), (200, None)])
def test_it_is_a_part_of_each_half_of_the_classes(
    size: int, left: int | None, tmp_path: Path
) -> None:
    halves = ("protocol=base_to_new", f"evaluation.images={size}")
    assert parts(cells(tmp_path, *halves)) == [None, None, left]


def test_what_is_measured_once_or_never_tested_has_none(tmp_path: Path) -> None:
    moved = ("protocol=cross_dataset", "source=pocket_dots", "datasets=[pocket_outlines]")
    found = cells(tmp_path, *moved, PART)
    trained = found["pocket_dots", "bar"]
    tested = found["pocket_outlines", "bar"].cell
    assert trained.cell.evaluation.images == 100
    assert tested.evaluation.images is None
    assert tested.source is not None
    assert tested.source.key == trained.key
    assert parts(cells(tmp_path, PART, blind=True)) == [None] * 3


def test_a_prompt_is_found_where_its_source_is_too_small_for_a_part(tmp_path: Path) -> None:
    moved = ("protocol=cross_dataset", "source=pocket_dots", "datasets=[pocket_outlines]")
    found = cells(tmp_path, *moved, "evaluation.images=9999")
    source = found["pocket_outlines", "bar"].cell.source
    assert source is not None
    assert source.key == found["pocket_dots", "bar"].key != ""


def test_images_of_points_on_the_way_are_counted_as_what_they_are(tmp_path: Path) -> None:
    usual, found = cells(tmp_path), cells(tmp_path, PART)
    one, other = usual["pocket_dots", "bar"], found["pocket_dots", "bar"]
    val = one.measured[1].images
    assert images_measured(one) == 5 * (TESTS + val)
    assert images_measured(other) == 4 * (100 + val) + TESTS + val
    assert images_measured(found["pocket_dots", "zip"]) == 5 * (TESTS + val)
    each = Costing(Prices(per_image=1))
    assert each.whole([other]) == Estimate(2400, images_measured(other))


@pytest.mark.parametrize(("protocol", "on_the_way"), [("few_shot", 800), ("base_to_new", 1600)])
def test_of_a_dataset_that_is_not_here_they_are_estimated(
    protocol: str, on_the_way: int, tmp_path: Path
) -> None:
    (split,) = cells(
        tmp_path, "datasets=[dtd]", f"protocol={protocol}", "evaluation.images=800"
    )["dtd", "bar"].measured  # fmt: skip
    assert (split.images, split.on_the_way) == (1692, on_the_way)
    large = cells(tmp_path, "datasets=[dtd]", f"protocol={protocol}", "evaluation.images=1692")
    assert parts(large) == [None] * 3


def test_a_result_is_recalled_in_whichever_form_the_store_has_it(tmp_path: Path) -> None:
    asked = [cells(tmp_path, PART)["pocket_dots", "bar"]]
    whole, part = cells(tmp_path)["pocket_dots", "bar"], asked[0]

    def held(*found: PlannedCell) -> int | None:
        stored = [Stored(one.key, one.cell, "done", {}) for one in found]
        return as_stored(asked, stored, 100)[0].cell.evaluation.images

    assert held(whole) is None
    assert held(part) == held(whole, part) == held() == 100
