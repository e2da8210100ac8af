"""A search is read where its images aren't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from orchestrator.search.plan import PlannedSearch, searched
from orchestrator.search.study import study_place
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point
from tests.benchmarks.datasets.trees import noisy_class_folders
from tests.orchestrator.cli.moved import Bench
from tests.orchestrator.cli.verbs import trace_of

CLIPS = [1, 10]
SEARCH = {"method": "zip", "space": {"clip": {"choice": CLIPS}}, "trials": 2, "seeds": [101]}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.at(tmp_path)


def found_in(bench: Bench, spec: Path) -> PlannedSearch:
    found = searched(load_spec(str(spec)), Store(LocalStorage(Path(bench.store))), "nowhere")
    assert found is not None
    return found


def search(bench: Bench, spec: Path) -> None:
    """What a search leaves: its baseline and a study in which both points have been tried."""
    found = found_in(bench, spec)
    for cell in found.plan.cells:
        points = (Point(100, 0, "val_accuracy", 55.0),)
        made = {"backbone": "pocket", "split": cell.split}
        found.store.save(replace(trace_of(cell), points=points, provenance=made))
    place = study_place(found.spec, found.section, found.store, found.data)
    study = optuna.create_study(
        study_name=place.name, storage=place.storage(), direction="maximize"
    )
    for value in CLIPS:
        trial = study.ask({"clip": optuna.distributions.CategoricalDistribution(CLIPS)})
        study.tell(trial, 50.0 + value)


def test_a_search_is_found_by_the_images_of_its_baseline(bench: Bench) -> None:
    spec = bench.spec(search=SEARCH)
    search(bench, spec)
    bench.fill(spec)
    with_data = bench.say("status", spec)
    bench.move_away()
    said = bench.say("status", spec)
    line = "search of zip: 2 of 2 trials ended (2 complete); best so far: clip="
    assert line in with_data.out
    assert line in said.out
    report = bench.say("report", spec)
    assert report.code == 0
    page = (Path(bench.store) / "reports" / "small" / "report.html").read_text()
    assert "55.0" in page, "the baseline's accuracy on validation images"


def test_a_dataset_that_was_not_there_either_hides_no_search(bench: Bench) -> None:
    spec = bench.spec(search=SEARCH, datasets=[bench.birds, "eurosat"])
    search(bench, spec)
    bench.fill(spec)
    assert "search of zip: 2 of 2" in bench.say("status", spec).out
    bench.move_away()
    assert "search of zip: 2 of 2" in bench.say("status", spec).out


def test_a_search_of_other_images_is_not_taken_for_the_present_one(bench: Bench) -> None:
    spec = bench.spec(search=SEARCH)
    search(bench, spec)
    noisy_class_folders(bench.folder / "birds", version=1)
    assert "search of zip: 0 of 2" in bench.say("status", spec).out
