"""A study outlives its process: what was tried, what was pruned, and what comes next."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from orchestrator.search.study import search_of
from tests.orchestrator.search.toy import ToySearch, search_spec

GRID: dict[str, Any] = {
    "sampler": "grid",
    "trials": None,
    "space": {"clip": {"log_uniform": [1, 100], "points": 3}, "rank": {"int": [1, 3]}},
}
HOWS: dict[str, dict[str, Any]] = {
    "tpe": {"sampler": "tpe", "trials": 14},
    "tpe and asha": {"sampler": "tpe", "trials": 14, "pruner": {"name": "asha", "grace": 20}},
    "tpe and median": {"sampler": "tpe", "trials": 14, "pruner": {"name": "median", "grace": 20}},
    "cma-es": {"sampler": "cma-es", "trials": 14},
    "cma-es and asha": {"sampler": "cma-es", "trials": 14, "pruner": {"name": "asha", "grace": 20}},
    "random": {"sampler": "random"},
    "grid": GRID,
    "two objectives": {"objectives": ["accuracy", "area"], "trials": 14},
}


@pytest.mark.parametrize("how", HOWS)
def test_a_killed_search_suggests_what_an_undisturbed_one_does(how: str, tmp_path: Path) -> None:
    spec = search_spec(**HOWS[how])
    whole = ToySearch(tmp_path / "whole", spec)
    whole.run(spec.count)
    killed = ToySearch(tmp_path / "killed", spec)
    killed.run(spec.count // 2, killed_after=2)
    again = ToySearch(tmp_path / "killed", spec, killed.place)
    again.oracle.paid = killed.oracle.paid  # what checkpoints are for
    again.run(spec.count - (spec.count // 2 - 1))
    found, expected = (search_of(s.algorithm.study, spec) for s in (again, whole))
    assert found.trials == expected.trials
    assert found.best == expected.best
    assert found.is_over


@pytest.mark.parametrize("sampler", ["tpe", "cma-es"])
def test_a_sampler_made_anew_for_each_trial_still_learns_from_all(
    sampler: str, tmp_path: Path
) -> None:
    spec = search_spec(sampler=sampler, trials=40)
    search = ToySearch(tmp_path, spec)
    search.run(spec.count)
    found = search_of(search.algorithm.study, spec).trials
    reached = [trial.values["accuracy"] for trial in found]
    assert mean(reached[-10:]) > mean(reached[:10]) + 1


def test_an_interrupted_trial_is_taken_up_before_anything_new(tmp_path: Path) -> None:
    spec = search_spec()
    first = ToySearch(tmp_path, spec)
    first.run(3, killed_after=1)
    again = ToySearch(tmp_path, spec, first.place)
    again.run(1)
    assert again.points == first.points[-1:]
    states = [trial.state for trial in search_of(again.algorithm.study, spec).trials]
    assert states == ["complete"] * 3


def test_trials_that_a_pruner_stopped_are_marked_and_are_never_the_best(tmp_path: Path) -> None:
    spec = search_spec(trials=15, pruner={"name": "asha", "grace": 20, "factor": 2})
    search = ToySearch(tmp_path, spec)
    search.run(15)
    found = search_of(search.algorithm.study, spec)
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned
    assert all(trial.queries < 100 and not trial.values for trial in pruned)
    assert found.best is not None
    assert found.best.state == "complete"
    assert not set(search.store.finished_keys()) & {key for t in pruned for key in t.keys}
    assert found.queries == sum(search.oracle.paid.values())


def test_a_failed_trial_is_noted_with_its_reason_and_the_search_goes_on(tmp_path: Path) -> None:
    spec = search_spec()
    search = ToySearch(tmp_path, spec)
    search.oracle.fails = True
    search.run(1)
    search.oracle.fails = False
    search.run(1)
    failed, complete = search_of(search.algorithm.study, spec).trials
    assert (failed.state, failed.error) == ("failed", "the scores are not finite")
    assert complete.state == "complete"


def test_a_point_that_the_store_knows_costs_nothing(tmp_path: Path) -> None:
    spec = search_spec(**GRID)
    first = ToySearch(tmp_path / "first", spec)
    first.run(spec.count)
    second = ToySearch(tmp_path / "second", spec)
    second.store = second.oracle.store = first.store
    second.run(spec.count)
    assert second.oracle.paid == {}
    assert (
        search_of(second.algorithm.study, spec).best == search_of(first.algorithm.study, spec).best
    )


def test_every_point_of_a_grid_is_tried_once(tmp_path: Path) -> None:
    spec = search_spec(**GRID)
    search = ToySearch(tmp_path, spec)
    search.run(spec.count)
    tried = {(round(point["clip"], 6), point["rank"]) for point in search.points}
    assert tried == {(clip, rank) for clip in (1, 10, 100) for rank in (1, 2, 3)}


def test_the_best_of_several_objectives_lies_on_the_front_and_is_best_in_the_first(
    tmp_path: Path,
) -> None:
    changes = {"objectives": ["queries_to_target", "accuracy"], "target_accuracy": 40}
    spec = search_spec(trials=10, **changes)
    search = ToySearch(tmp_path, spec)
    search.run(10)
    found = search_of(search.algorithm.study, spec)
    assert found.best is not None
    quickest = min(trial.values["queries_to_target"] for trial in found.trials)
    ties = [t for t in found.trials if t.values["queries_to_target"] == quickest]
    assert found.best.values["queries_to_target"] == quickest
    assert found.best.values["accuracy"] == max(trial.values["accuracy"] for trial in ties)
