"""Storage that fails while cells run: they wait, say so, and lose nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.plan.damaged import set_aside_damaged
from orchestrator.store.storage import StorageDown, open_storage
from orchestrator.store.trace import Trace
from orchestrator.trial.worker import Worker
from tests.orchestrator.cli.runs import Measured, arguments, plan_of, points_of, started
from tests.orchestrator.trial.test_worker import Bench
from tests.s3_server import S3Server, reset, s3_server, served_but_answered, slow, status

pytestmark = pytest.mark.fault


@pytest.fixture
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


@pytest.mark.cluster
def test_a_grid_on_a_failing_s3_equals_one_on_an_undisturbed_folder(
    server: S3Server, tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    """Errors of every kind, then none answered at all for a while; MLflow down all the time.

    A file of the folder where it is run hides none of our modules, neither from planning nor from
    actors.
    """
    (tmp_path / "methods.py").write_text("raise RuntimeError('a file of the user')\n")
    location = server.bucket()
    server.every = (4, status("503 Slow Down"))
    server.faults.extend(
        [status("500 Internal Server Error"), reset, slow(1), served_but_answered("500 Oh")]
    )
    server.outage = (100, 6.0)  # cells are running by then
    words = [word for word in arguments(location) if word != "--no-tracking"]
    words += ["--tracking-uri", "http://127.0.0.1:9"]
    with started(words, folder=tmp_path) as driver:
        output, _ = driver.communicate()
    server.every = None
    output = " ".join(output.split())
    assert driver.returncode == 0, output
    assert "can't serve (503" in output
    assert "answers again after" in output
    assert "rebuild the view with `track` later" in output
    assert "Compare them at" not in output
    assert points_of(location) == undisturbed
    assert plan_of(location).counts() == {"done": 3}
    assert open_storage(location).names("leases") == ()


def test_a_full_disk_is_waited_for(
    tmp_path: Path, whole: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "full")
    cell, table = bench.cells["zip"], bench.table(bench.cells["zip"])
    sync, calls = os.fsync, iter(range(1000))

    def full_for_a_while(handle: int) -> None:
        if 4 <= next(calls) < 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", full_for_a_while)
    outcome = bench.worker.run_cell(cell.cell, cell.key, table)
    assert outcome.status == "finished"
    first, last = bench.worker.progress().notices
    assert "can't serve (No space left on device" in first
    assert "answers again" in last
    trace = bench.store.finished(cell.key)
    assert (trace.points, trace.ledgers) == (whole.points, whole.ledgers)
    assert not list((tmp_path / "full").rglob("*.partial"))


def test_a_disk_that_stays_full_ends_the_trial_at_the_limit_and_loses_nothing(
    tmp_path: Path, whole: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "full")
    cell, table = bench.cells["zip"], bench.table(bench.cells["zip"])
    hasty = Worker(replace(bench.setup, patience=0.3))
    sync, calls = os.fsync, iter(range(1000))

    def full_from_now_on(handle: int) -> None:
        if next(calls) >= 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_from_now_on)
        with pytest.raises(StorageDown, match="No space left on device"):
            hasty.run_cell(cell.cell, cell.key, table)
    assert bench.store.running_keys() == {cell.key}
    resumed = bench.run("zip")
    assert (resumed.points, resumed.ledgers) == (whole.points, whole.ledgers)


def test_a_damaged_trace_is_named_and_its_cell_runs_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    before = bench.run("zero_shot")
    path = tmp_path / "results" / f"{before.key}.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    said: list[str] = []
    plan = set_aside_damaged(bench.plan(), bench.store, said.append)
    assert len(said) == 1
    assert str(path) in said[0]
    assert {c.label: c.status for c in plan.cells} == {"zero_shot": "new", "zip": "new"}
    assert bench.run("zero_shot").points == before.points
    assert set_aside_damaged(bench.plan(), bench.store, said.append).counts()["done"] == 1
    assert len(said) == 1
