"""Damaged traces of trials are set aside by name, and no trial's fate changes with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from methods.interface import State
from orchestrator.analysis.search import Search, SearchTrial, TrialState
from orchestrator.search.assignment import KeyedCell
from orchestrator.search.plan import PlannedSearch, searched
from orchestrator.search.pruned import mark_pruned, set_aside_damaged_trials
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.store.trace_file import DamagedTrace
from orchestrator.tracking.entries import Entry
from orchestrator.tracking.search_entries import trial_entries
from orchestrator.trial.checkpoint import Snapshot

POINT = {"clip": 3.0, "step_size": 0.1}
MEASURED = (Point(0, 0, "val_accuracy", 30.0), Point(40, 40, "val_accuracy", 31.0))
SNAPSHOT = Snapshot(1, 1, State({}, {}), {}, MEASURED, {})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path))


@pytest.fixture
def found(store: Store, tmp_path: Path) -> PlannedSearch:
    made = searched(load_spec("search_clipping_pocket", ("search.seeds=[101]",)), store, tmp_path)
    assert made is not None
    return made


def entries(found: PlannedSearch, store: Store) -> list[Entry]:
    return list(trial_entries(found.search.trials, found.search.method, store))


def cell_of(found: PlannedSearch) -> KeyedCell:
    return found.assignment(0, POINT).cells[0]


def with_trial(found: PlannedSearch, state: TrialState) -> PlannedSearch:
    trial = SearchTrial(0, POINT, state, {}, keys=(cell_of(found).key,))
    return replace(found, search=Search("zip", 4, (trial,)))


def damage(store: Store, folder: str, key: str) -> None:
    store.storage.write(f"{folder}/{key}.parquet", b"PAR1 nonsense")


def test_a_damaged_trace_of_a_pruned_trial_is_made_anew_from_its_checkpoint(
    found: PlannedSearch, store: Store
) -> None:
    found, said = with_trial(found, "pruned"), list[str]()
    key = cell_of(found).key
    store.save_checkpoint(key, 0, SNAPSHOT.to_bytes())
    mark_pruned(found.assignment(0, POINT), store)
    before = store.pruned(key)
    damage(store, "pruned", key)
    with pytest.raises(DamagedTrace):
        entries(found, store)
    set_aside_damaged_trials(found, said.append)
    assert store.pruned(key) == before
    assert len(entries(found, store)) == 1
    aside, fate = said
    assert f"pruned/{key}.parquet is not a readable trace" in aside
    assert "set aside as damaged/" in aside
    assert "trial 0 stays pruned" in fate


def test_without_a_checkpoint_a_pruned_trial_has_no_trace_and_nothing_stops_for_it(
    found: PlannedSearch, store: Store
) -> None:
    found, said = with_trial(found, "pruned"), list[str]()
    damage(store, "pruned", cell_of(found).key)
    set_aside_damaged_trials(found, said.append)
    assert entries(found, store) == []
    assert len(said) == 2


def test_a_complete_trial_keeps_its_value_and_says_what_it_lost(
    found: PlannedSearch, store: Store
) -> None:
    found, said = with_trial(found, "complete"), list[str]()
    damage(store, "results", cell_of(found).key)
    set_aside_damaged_trials(found, said.append)
    assert store.finished_keys() == frozenset()
    assert "the study holds its value, not its curve" in said[1]


def test_the_baseline_is_looked_at_too_and_sound_traces_are_left_alone(
    found: PlannedSearch, store: Store
) -> None:
    found, said = with_trial(found, "running"), list[str]()
    (stands,) = found.baseline().cells
    cell = cell_of(found)
    store.save(Trace(cell.key, cell.cell.model_dump(mode="json"), "finished", MEASURED))
    damage(store, "results", stands.key)
    set_aside_damaged_trials(found, said.append)
    assert store.finished_keys() == {cell.key}
    assert len(said) == 1
