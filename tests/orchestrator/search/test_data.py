"""A search is on the images that it began with: other ones are another search."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.search.plan import PlannedSearch, searched
from orchestrator.search.study import study_place
from orchestrator.search.study_place import StudyPlace
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.benchmarks.datasets.trees import noisy_class_folders
from tests.orchestrator.plan.test_identities import own

POINT = {"clip": 3.0, "step_size": 0.1}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path / "store"))


def search_on(datasets: str, store: Store) -> PlannedSearch:
    overrides = (f"datasets=[{datasets}]", "shots=[2]", "search.seeds=[101]")
    found = searched(load_spec("search_clipping_pocket", overrides), store, "nowhere")
    assert found is not None
    return found


def place_of(found: PlannedSearch) -> StudyPlace:
    return study_place(found.spec, found.section, found.store, found.data)


def test_an_edit_in_place_begins_another_study(store: Store, tmp_path: Path) -> None:
    folder = noisy_class_folders(tmp_path / "birds", 1)
    first = place_of(search_on(own(folder), store))
    assert place_of(search_on(own(folder), store)) == first
    noisy_class_folders(folder, 2)
    assert place_of(search_on(own(folder), store)) != first


def test_trials_on_changed_images_are_refused(store: Store, tmp_path: Path) -> None:
    found = search_on(own(noisy_class_folders(tmp_path / "birds", 1)), store)
    (cell,) = found.assignment(0, POINT).cells
    assert len(cell.split) == 64
    noisy_class_folders(tmp_path / "birds", 2)
    assert "images have changed since the search began" in found.assignment(1, POINT).refusal


def test_studies_on_what_comes_with_the_project_keep_their_names(store: Store) -> None:
    found = search_on("pocket_dots", store)
    assert found.data == ""
    assert place_of(found) == study_place(found.spec, found.section, store)
