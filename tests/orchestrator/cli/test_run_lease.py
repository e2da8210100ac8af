"""Whether a run is on is seen before any of its cells is leased, and once it has ended."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.run_lease import run_lease, run_lease_name
from orchestrator.store.leases import Holder, Leases, ProcessIdentity
from orchestrator.store.storage import LocalStorage, StorageUnavailable
from tests.orchestrator.cli.verbs import plan_of, querycurve, write_spec


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path, datasets=["pocket_dots"], methods=["zip"])


def state(spec: Path, folder: Path) -> tuple[str, int]:
    status = json.loads(querycurve("status", spec, "--store", folder, "--json").out)
    return status["state"], status["working"]


def test_a_run_without_a_cell_at_work_is_running(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    storage, plan = LocalStorage(folder), plan_of(spec, folder)
    with run_lease(plan, storage):
        assert state(spec, folder) == ("running", 0)
        said = querycurve("status", spec, "--store", folder).out
        assert said.startswith("running: it starts, or is between two cells\n")
    assert state(spec, folder) == ("not_started", 0)
    assert storage.names("leases") == ()


def test_two_runs_of_the_same_cells_hinder_each_other_in_nothing(
    spec: Path, tmp_path: Path
) -> None:
    storage, plan = LocalStorage(tmp_path / "store"), plan_of(spec, tmp_path / "store")
    with run_lease(plan, storage):
        with run_lease(plan, storage):
            pass
        assert state(spec, tmp_path / "store") == ("running", 0)
    assert storage.names("leases") == ()


def test_a_run_whose_process_is_dead_is_not_running_and_leaves_its_lease_to_the_next(
    spec: Path, tmp_path: Path
) -> None:
    storage, plan = LocalStorage(tmp_path / "store"), plan_of(spec, tmp_path / "store")
    dead = replace(ProcessIdentity.own(), started="long ago")
    assert Leases(storage, Holder("other", dead)).take(run_lease_name(plan)) is not None
    assert state(spec, tmp_path / "store") == ("not_started", 0)
    with run_lease(plan, storage):
        assert state(spec, tmp_path / "store") == ("running", 0)
    assert storage.names("leases") == ()


def test_a_run_of_other_cells_is_another_one(spec: Path, tmp_path: Path) -> None:
    storage, plan = LocalStorage(tmp_path / "store"), plan_of(spec, tmp_path / "store")
    with run_lease(replace(plan, cells=plan.cells[:1]), storage):
        assert state(spec, tmp_path / "store") == ("not_started", 0)


def test_a_store_that_can_keep_no_lease_just_now_stops_no_run(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise StorageUnavailable("No space left on device")

    storage, plan = LocalStorage(tmp_path / "store"), plan_of(spec, tmp_path / "store")
    monkeypatch.setattr(LocalStorage, "write_new", refused)
    with run_lease(plan, storage), pytest.raises(KeyError):  # what the run raises is its own
        raise KeyError
    assert storage.names("leases") == ()
