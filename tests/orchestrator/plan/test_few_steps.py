"""A plan says of costly steps how many of them a budget buys."""

from __future__ import annotations

from pathlib import Path

import pytest

from methods.interface import Demand, TrainingSize
from methods.zip import Zip, ZipSettings
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import Pricing
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store


def planned(folder: Path, *overrides: str) -> Plan:
    fixed = ("datasets=[pocket_dots]", "seeds=[1]", "shots=[4]", "methods=[zero_shot, zip]")
    spec = load_spec("demo", (*fixed, *overrides))
    return make_plan(spec, Store(LocalStorage(folder / "store")), folder / "data")


@pytest.mark.parametrize(
    ("budget", "note"),
    [
        (10, "zip: 10 queries buy a single step of 10 queries on pocket_dots;"),
        (49, "zip: 49 queries buy 4 steps of 10 queries on pocket_dots;"),
        (50, ""),
    ],
)
def test_says_how_many_steps_a_small_budget_buys(budget: int, note: str, tmp_path: Path) -> None:
    notes = planned(tmp_path, f"budget={budget}").notes
    assert [one[: len(note)] for one in notes if "queries buy" in one] == ([note] if note else [])


def test_a_method_that_stops_by_itself_is_priced_by_what_it_spends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def most(cls: type, settings: ZipSettings, demand: Demand, size: TrainingSize) -> int:
        assert (demand.candidates, size.batch_size, size.examples) == (10, 128, 4 * 8)
        return 10 * size.whole_set

    monkeypatch.setattr(Zip, "most_queries", classmethod(most))
    plan = planned(tmp_path, "budget=2000")
    priced = Pricing({}, {}).total(plan.cells)
    assert (priced.queries, priced.images) == (10, 10 * 32)
    assert not any("queries buy" in one for one in planned(tmp_path, "budget=11").notes)
