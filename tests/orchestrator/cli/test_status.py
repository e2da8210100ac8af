"""The verb `status`: where the cells of a spec stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.local_cache import VARIABLE
from methods.interface import State
from orchestrator.pixels.cache.pixel_cache import opened
from orchestrator.store.leases import Leases
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.checkpoint import Snapshot
from tests.orchestrator.cli.verbs import files_in, fill, plan_of, querycurve, write_spec


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own: what others keep would be shown, too."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path)


def test_counts_errors_and_how_far_running_cells_are(spec: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    fill(store, spec)
    before = files_in(store)
    said = querycurve("status", spec, "--store", store)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == (
        f"paused: 1 cell has a checkpoint and nothing runs; `querycurve run {spec} --store "
        f"{store}` goes on"
    )
    assert lines[1] == f"small in {store}: 7 done, 1 in progress, 1 failed, 1 new"
    assert sorted(lines[2:]) == [
        "failed       pocket_outlines / zip / 16 shots / seed 2: ValueError: loss is not finite",
        "in progress  pocket_outlines / bar / 16 shots / seed 1: 120 of 200 queries at the last "
        "checkpoint",
    ]
    assert files_in(store) == before


def test_cells_that_are_worked_on_are_told_from_those_that_wait(spec: Path, tmp_path: Path) -> None:
    fill(tmp_path / "store", spec)
    storage = LocalStorage(tmp_path / "store")
    (begun,) = (c for c in plan_of(spec, tmp_path / "store").cells if c.status == "in progress")
    with Leases.of_process(storage, "a run").held(begun.key):
        said = querycurve("status", spec, "--store", tmp_path / "store").out
    assert said.splitlines()[0] == "running: 1 cell works now"
    assert "120 of 200 queries at the last checkpoint, works now" in said


def test_a_method_that_stops_early_has_fewer_queries_to_go(tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path, methods=["score_probe"], seeds=[1]), tmp_path / "store"
    cell, *_ = plan_of(spec, store).cells
    ledgers = {"method": {"queries": 3, "images": 96}}
    snapshot = Snapshot(3, 0, State({}, {}), ledgers, (), {})
    Store(LocalStorage(store)).save_checkpoint(cell.key, 0, snapshot.to_bytes())
    said = querycurve("status", spec, "--store", store)
    images = cell.train_images
    assert f"3 of {-(-images // 32)} queries at the last checkpoint" in said.out


def test_a_store_that_is_not_there_holds_nothing_and_is_not_made(
    spec: Path, tmp_path: Path
) -> None:
    said = querycurve("status", spec, "--store", tmp_path / "none")
    assert said.code == 0
    none = tmp_path / "none"
    first, *rest = said.out.splitlines()
    assert first.startswith("not started: nothing runs; `querycurve run ")
    assert rest == [f"small in {none}: 10 new", f"note: there is no store at {none}"]
    assert not (tmp_path / "none").exists()


def test_a_damaged_checkpoint_and_an_unreadable_failure_are_said(
    spec: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    fill(store, spec)
    for path in (*(store / "checkpoints").iterdir(), *(store / "failures").iterdir()):
        path.write_bytes(b"damaged")
    said = querycurve("status", spec, "--store", store)
    assert said.code == 0
    assert "it will start afresh" in said.out
    assert "Traceback" not in said.out + said.err
    (failed,) = (line for line in said.out.splitlines() if line.startswith("failed"))
    assert failed.split(": ", 1)[1].strip()


def test_image_features_are_counted(spec: Path, tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path / "store"))
    for digest in ("a" * 64, "b" * 64):
        store.save_features(digest, b"x" * 1500)
    said = querycurve("status", spec, "--store", tmp_path / "store")
    assert "image features of 2 splits: 3.0 kB" in said.out


def test_pixels_that_this_machine_keeps_are_counted(
    spec: Path, cache: Path, tmp_path: Path
) -> None:
    packs = opened(limit=10**9)
    for digest in ("a" * 64, "b" * 64):
        packs.pack(digest, rows=3).put(0, np.zeros((100, 200, 3), np.uint8))
    said = querycurve("status", spec, "--store", tmp_path / "store")
    assert said.out.splitlines()[-1] == (
        f"pixels kept on this machine: 120.4 kB in 2 lists, in {cache / 'pixels'} (may be deleted "
        f"at any time)"
    )


def test_watching_and_json_do_not_go_together(spec: Path, tmp_path: Path) -> None:
    said = querycurve("status", spec, "--watch", "--json", "--store", tmp_path / "none")
    assert (said.code, said.out) == (2, "")
    assert "--watch and --json don't go together" in said.err


def test_a_search_that_has_not_begun_is_told(tmp_path: Path) -> None:
    search = {"method": "zip", "space": {"clip": {"choice": [1, 10]}}, "trials": 2}
    spec = write_spec(tmp_path, search=search)
    said = querycurve("status", spec, "--store", tmp_path / "store")
    assert said.code == 0
    assert "search of zip: 0 of 2 trials ended" in said.out
    assert plan_of(spec, tmp_path / "store").counts() == {"new": 10}
