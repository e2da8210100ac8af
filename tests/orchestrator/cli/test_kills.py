"""Actors and drivers that are killed or interrupted while they work, and runs that meet."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.runs import arguments, plan_of, points_of, started, wait_until
from tests.orchestrator.cli.trace_only import actors_of, trace_only, undisturbed
from tests.orchestrator.cli.verbs import querycurve

pytestmark = [pytest.mark.cluster, pytest.mark.fault]

TRANSFER = (
    "protocol=cross_dataset",
    "source=pocket_silhouettes",
    "datasets=[pocket_dots, pocket_outlines, pocket_textures]",
    "methods=[zip]",
    "seeds=[1, 2]",
    "budget=400",
    "evaluation.points=2",
)


def wait_for_cells(store: Path, count: int, driver: subprocess.Popen[str]) -> None:
    """Waits until as many cells are held at once as can be: a lower count may pass unseen."""
    wait_until(lambda: len(Store(LocalStorage(store)).running_keys()) == count, driver)


def test_killing_an_actor_loses_nothing(cluster: Cluster, tmp_path: Path, hold: Path) -> None:
    words = arguments(tmp_path, "--address", cluster.address)
    with started(words, trace_only=True) as driver:
        wait_for_cells(tmp_path, 2, driver)
        os.kill(actors_of(tmp_path)[0], signal.SIGKILL)
        hold.unlink()
        output, _ = driver.communicate()
    assert driver.returncode == 0, output
    assert "an actor died" in output
    assert points_of(tmp_path) == undisturbed(plan_of(tmp_path))


def test_an_interrupt_saves_what_runs_and_ends_tidily(
    cluster: Cluster, tmp_path: Path, hold: Path
) -> None:
    words = arguments(tmp_path, "--address", cluster.address)
    with started(words, trace_only=True) as driver:
        wait_for_cells(tmp_path, 2, driver)
        driver.send_signal(signal.SIGINT)
        output, _ = driver.communicate()
    assert driver.returncode == 130, output
    assert "stopped  pocket_dots / zip" in output
    assert "the same command goes on" in output
    assert "Traceback" not in output
    assert plan_of(tmp_path).counts() == {"in progress": 2, "new": 1}
    hold.unlink()
    with trace_only():
        again = querycurve(*words)
    assert again.code == 0, again.err
    assert points_of(tmp_path) == undisturbed(plan_of(tmp_path))


def test_a_second_interrupt_does_not_wait_for_an_actor_that_hangs(
    cluster: Cluster, tmp_path: Path, hold: Path
) -> None:
    words = arguments(tmp_path, "--address", cluster.address)
    with started(words, trace_only=True) as driver:
        wait_for_cells(tmp_path, 2, driver)
        hung = actors_of(tmp_path)
        try:
            for actor in hung:
                os.kill(actor, signal.SIGSTOP)
            driver.send_signal(signal.SIGINT)
            assert driver.stdout is not None
            assert any("interrupt again to stop at once" in line for line in driver.stdout)
            with pytest.raises(subprocess.TimeoutExpired):
                driver.wait(timeout=1)
            driver.send_signal(signal.SIGINT)
            assert driver.wait() == 130
        finally:
            for actor in hung:
                with suppress(ProcessLookupError):
                    os.kill(actor, signal.SIGKILL)


def test_four_runs_at_once_do_every_cell_exactly_once(
    cluster: Cluster, tmp_path: Path, hold: Path
) -> None:
    """As the tasks of a job array do."""
    words = arguments(tmp_path, "--address", cluster.address, "--actors", "1", "--cpus", "0.5")
    with ExitStack() as stack:
        runs = [stack.enter_context(started(words, trace_only=True)) for _ in range(4)]
        wait_for_cells(tmp_path, 3, runs[0])
        hold.unlink()
        outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, outputs
    plan = plan_of(tmp_path)
    assert points_of(tmp_path) == undisturbed(plan)
    for cell in plan.cells:
        said = [_last_word(output, cell.title) for output in outputs]
        assert said.count("finished") == 1, outputs
    storage = Store(LocalStorage(tmp_path)).storage
    assert storage.names("leases") == storage.names("checkpoints") == ()


def _last_word(output: str, title: str) -> str:
    """What a driver said of a cell in the end; `done` when it never had to touch it."""
    words = [
        line.split()[0]
        for line in output.splitlines()
        if line.rstrip().endswith(title) and line.split()[0] in ("finished", "found")
    ]
    assert len(words) <= 1
    return words[0] if words else "done"


def test_killed_between_source_and_targets_it_trains_nothing_again(
    cluster: Cluster, tmp_path: Path, hold: Path
) -> None:
    words = arguments(tmp_path, "--address", cluster.address, spec=TRANSFER)
    cells = plan_of(tmp_path, TRANSFER).cells
    hold.write_text(" ".join(cell.key for cell in cells if cell.cell.source is not None))
    results = [tmp_path / "results" / f"{c.key}.parquet" for c in cells if c.cell.source is None]
    with started(words, trace_only=True) as driver:
        wait_until(lambda: all(result.exists() for result in results), driver)
        driver.send_signal(signal.SIGKILL)
    hold.unlink()
    trained = {result: result.stat().st_mtime_ns for result in results}
    assert plan_of(tmp_path, TRANSFER).counts()["done"] == 2
    with trace_only():
        again = querycurve(*words)
    assert again.code == 0, again.err
    assert plan_of(tmp_path, TRANSFER).counts() == {"done": 8}
    assert points_of(tmp_path) == undisturbed(plan_of(tmp_path, TRANSFER))
    assert {result: result.stat().st_mtime_ns for result in results} == trained
    for seed in (1, 2):
        assert f"pocket_dots / zip / 16 shots / seed {seed} / prompt from" in again.out
    assert "mean of 3 targets" in again.out
