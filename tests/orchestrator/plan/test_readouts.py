"""A readout of scores knows its own classes: where others are tested, its method is skipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from methods.interface import Access
from methods.zip import Zip
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store


@pytest.fixture(autouse=True)
def _zip_with_a_readout(monkeypatch: pytest.MonkeyPatch) -> None:
    def access(cls: type, settings: Any) -> Access:
        return Access(frozenset({"soft context"}), readout=settings.pairs == 2)

    monkeypatch.setattr(Zip, "access", classmethod(access))


def planned(folder: Path, *overrides: str, blind: bool = False) -> Plan:
    methods = "methods=[zero_shot, zip, {name: zip, label: read, pairs: 2}]"
    spec = load_spec("demo", ("seeds=[1]", "shots=[4]", "budget=100", methods, *overrides))
    return make_plan(spec, Store(LocalStorage(folder / "store")), folder / "data", blind=blind)


def skipped_on(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in plan.cells:
        if cell.status == "skipped":
            found.setdefault(cell.label, []).append(cell.cell.dataset)
            assert "its readout knows the classes that it was trained on" in cell.reason
    return found


def test_few_shot_tests_the_classes_that_were_trained(tmp_path: Path) -> None:
    assert skipped_on(planned(tmp_path, "datasets=[pocket_dots]")) == {}


def test_base_to_new_has_new_classes(tmp_path: Path) -> None:
    plan = planned(tmp_path, "protocol=base_to_new", "datasets=[pocket_dots]")
    assert skipped_on(plan) == {"read": ["pocket_dots"]}
    assert {cell.label for cell in plan.to_run()} == {"zero_shot", "zip"}


def test_base_to_new_has_new_classes_also_where_data_are_missing(tmp_path: Path) -> None:
    plan = planned(tmp_path, "protocol=base_to_new", "datasets=[dtd, pocket_dots]")
    (cell,) = (one for one in plan.cells if (one.cell.dataset, one.label) == ("dtd", "read"))
    assert "its readout knows the classes" in cell.reason
    assert not cell.fits
    (other,) = (one for one in plan.cells if (one.cell.dataset, one.label) == ("dtd", "zip"))
    assert other.fits


@pytest.mark.parametrize("missing", ["source", "target"])
def test_a_transfer_with_missing_data_waits_for_them(tmp_path: Path, missing: str) -> None:
    source, target = ("dtd", "pocket_dots") if missing == "source" else ("pocket_dots", "dtd")
    places = (f"source={source}", f"datasets=[{target}]")
    plan = planned(tmp_path, "protocol=cross_dataset", *places)
    (cell,) = (one for one in plan.cells if (one.cell.dataset, one.label) == (target, "read"))
    assert cell.fits


def test_cross_dataset_keeps_the_source_alone(tmp_path: Path) -> None:
    transfer = ("protocol=cross_dataset", "source=pocket_silhouettes", "datasets=[pocket_dots]")
    plan = planned(tmp_path, *transfer)
    assert skipped_on(plan) == {"read": ["pocket_dots"]}
    assert ("pocket_silhouettes", "read") in {(c.cell.dataset, c.label) for c in plan.to_run()}


def test_other_images_of_the_same_classes_are_served(tmp_path: Path) -> None:
    spec = ("protocol=out_of_distribution", "source=pocket_silhouettes")
    plan = planned(tmp_path, *spec, "datasets=[pocket_outlines, pocket_negatives]")
    assert skipped_on(plan) == {}


def test_a_search_of_such_a_method_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its readout knows the classes"):
        planned(tmp_path, "protocol=base_to_new", "datasets=[pocket_dots]", blind=True)
