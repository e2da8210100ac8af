"""A search in money: its trials, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.analysis.search import Search, SearchTrial
from orchestrator.money import Prices
from orchestrator.plan.money import Costing, Estimate
from orchestrator.plan.planner import make_plan
from orchestrator.search.money import search_costs
from orchestrator.search.plan import PlannedSearch
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

PER_CALL = Costing(Prices(per_call=1))
SPEC = (
    "methods=[zero_shot, zip]",
    "datasets=[pocket_dots, pocket_letters]",
    "seeds=[1, 2]",
    "budget=100",
    "evaluation.points=4",
    "search={method: zip, space: {clip: {choice: [1, 10, 100]}}, sampler: grid, seeds: [9]}",
)


def costs(folder: Path, ended: int = 0, *more: str) -> tuple[Estimate, Estimate]:
    spec, store = load_spec("demo", (*SPEC, *more)), Store(LocalStorage(folder))
    assert spec.search is not None
    trials = tuple(SearchTrial(n, {}, "failed", {}, queries=200) for n in range(ended))
    found = PlannedSearch(spec, spec.search, store, folder, Search("zip", 3, trials))
    return search_costs(found, make_plan(spec, store, folder), PER_CALL)


@pytest.mark.parametrize(("ended", "left"), [(0, 3), (1, 2), (3, 0)])
def test_trials_that_are_left_and_the_baseline_are_paid(
    tmp_path: Path, ended: int, left: int
) -> None:
    # two blind cells of 100 queries, measured five times on validation images alone
    trials, _ = costs(tmp_path, ended)
    assert trials == Estimate(200 * (left + 1), 10 * (left + 1))


def test_the_result_and_the_longer_baseline_follow(tmp_path: Path) -> None:
    _, alone = costs(tmp_path, 0, "search.equal_queries=false")
    # four cells of 100 queries, measured five times on two splits each
    assert alone == Estimate(400, 40)
    _, both = costs(tmp_path)
    # three trials of 100 queries a dataset, and those of the result, for each of four cells
    assert both == Estimate(400 + 4 * 400, 80)


def test_what_follows_is_part_of_the_plan_once_the_search_is_over(tmp_path: Path) -> None:
    assert costs(tmp_path, 3)[1] == Estimate()
