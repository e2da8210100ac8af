"""A budget below one step is refused: its prompt would be untrained, and reported as trained."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.errors import UserError
from orchestrator.plan.budget import queries_of
from orchestrator.plan.demand import NOTHING
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.search.plan import PlannedSearch, searched
from orchestrator.search.pruning import pruner_of
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

SIXTEEN = "{name: bptvlm, batch_size: 16}"
"""Of 32 images: two mini-batches in a pass."""


def planned(folder: Path, *overrides: str) -> Plan:
    fixed = ("datasets=[pocket_dots]", "seeds=[1]", "shots=[4]", "methods=[zero_shot, zip]")
    return make_plan(load_spec("demo", (*fixed, *overrides)), Store(LocalStorage(folder)), folder)


@pytest.mark.parametrize(
    ("method", "step"),
    [
        ("zip", 10),
        ("{name: zip, pairs: 2}", 4),
        ("bar", 6),
        ("bar@zip-port", 6),
        ("blackvip_se", 10),
        ("bptvlm", 15),
        (SIXTEEN, 30),
        ("{name: bptvlm, batch_size: 16, fitness_batches: 1}", 15),
        ("{name: bptvlm@zip-port, batch_size: 16}", 30),
        ("bptvlm@original", 30),
    ],
)
def test_a_step_is_the_least_that_may_be_spent(method: str, step: int, tmp_path: Path) -> None:
    (cell,) = planned(tmp_path, f"methods=[{method}]", f"budget={step}").cells
    assert cell.status == "new"
    said = rf"budget {step - 1} is below one step of {cell.label}, which costs {step} queries on"
    with pytest.raises(UserError, match=f"{said} pocket_dots: give at least {step}"):
        planned(tmp_path, f"methods=[{method}]", f"budget={step - 1}")


def test_what_does_not_train_needs_no_budget(tmp_path: Path) -> None:
    (cell,) = planned(tmp_path, "methods=[zero_shot]", "budget=1").cells
    assert cell.status == "new"


@pytest.mark.parametrize(
    ("vary", "label"), [("budget: [3]", r"zip\[budget=3\]"), ("pairs: [40]", r"zip\[pairs=40\]")]
)
def test_a_value_of_an_ablation_is_skipped_and_the_rest_runs(
    vary: str, label: str, tmp_path: Path
) -> None:
    plan = planned(tmp_path, "budget=50", f"ablation={{base: zip, vary: {{{vary}}}}}")
    (low,) = (cell for cell in plan.cells if not cell.fits)
    assert re.search(f"below one step of {label}", low.reason)
    assert {cell.label for cell in plan.to_run()} >= {"zero_shot", "zip"}


def test_a_cell_spends_its_budget_unless_its_method_stops_before(tmp_path: Path) -> None:
    methods = "methods=[zero_shot, zip, score_probe]"
    cells = planned(tmp_path, methods, "budget=50", "batch_size=10", "shots=[4]").cells
    spent = {cell.label: queries_of(cell) for cell in cells}
    assert spent == {"zero_shot": 0, "zip": 50, "score_probe": -(-cells[0].classes * 4 // 10)}
    unknown = {cell.label: queries_of(replace(cell, demand=NOTHING)) for cell in cells}
    assert unknown == {"zero_shot": 0, "zip": 50, "score_probe": 50}


def test_it_is_refused_before_data_are_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"budget 9 is below one step of zip.* on eurosat"):
        planned(tmp_path, "datasets=[eurosat]", "budget=9")


def test_only_training_counts_where_prompts_are_transferred(tmp_path: Path) -> None:
    transfer = ("protocol=cross_dataset", "source=pocket_silhouettes", f"methods=[{SIXTEEN}]")
    assert len(planned(tmp_path, *transfer, "budget=45").cells) == 2
    with pytest.raises(UserError, match="costs 45 queries on pocket_silhouettes"):
        planned(tmp_path, *transfer, "budget=44")


def search_of(folder: Path, *overrides: str) -> PlannedSearch:
    small = ("datasets=[pocket_dots]", "search.seeds=[101]", *overrides)
    spec = load_spec("search_clipping_pocket", small)
    found = searched(spec, Store(LocalStorage(folder)), folder)
    assert found is not None
    return found


SPACE = "search.space={pairs: {int: [1, 8]}}"


def test_a_trial_below_one_step_is_refused(tmp_path: Path) -> None:
    found = search_of(tmp_path, SPACE, "budget=12")
    assert found.assignment(0, {"pairs": 6}).refusal == ""
    assert "budget 12 is below one step of searched" in found.assignment(0, {"pairs": 7}).refusal
    with pytest.raises(UserError, match="budget 12 is below one step of zip with pairs=8"):
        found.check()


def test_no_trial_is_ended_before_its_first_step(tmp_path: Path) -> None:
    found = search_of(tmp_path, SPACE, "search.pruner={name: asha, grace: 15}")
    assert found.step_queries == 16
    with pytest.raises(UserError, match=r"a grace of 15 queries is below one step of zip.* 16"):
        found.check()
    search_of(tmp_path, SPACE, "search.pruner={name: asha, grace: 16}").check()


class Trial:
    """What Tune knows a trial by."""

    def __init__(self, name: str) -> None:
        self.trial_id = name


@pytest.mark.parametrize(("step", "decision"), [(1, "STOP"), (10, "CONTINUE")])
def test_by_default_a_pruner_waits_for_the_first_step(
    step: int, decision: str, tmp_path: Path
) -> None:
    section = search_of(tmp_path, "search.pruner={name: median, trials: 1}").section
    pruner = pruner_of(section, queries=50, step=step)
    assert pruner is not None
    controller, said = SimpleNamespace(get_live_trials=list), []
    for name, accuracy in (("good", 90.0), ("bad", 10.0)):
        trial = Trial(name)
        pruner.on_trial_add(controller, trial)
        result = {"queries": 6, "accuracy": accuracy, "stored": False}
        said.append(pruner.on_trial_result(controller, trial, result))
    assert said[-1] == decision
