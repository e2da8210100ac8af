"""The command line end to end, on real Ray processes."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.runs import (
    SPEC,
    Measured,
    arguments,
    plan_of,
    points_of,
    run,
    started,
    wait_until,
)
from tests.orchestrator.cli.verbs import querycurve


@pytest.mark.cluster
def test_a_run_does_everything_once_and_then_nothing(
    tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    first = run(arguments(tmp_path))
    assert first.returncode == 0, first.stderr
    assert "3 new" in first.stdout
    assert "finished pocket_dots / zip / 16 shots / seed 1" in first.stdout
    assert (tmp_path / "reports" / "demo" / "figures" / "curves.png").stat().st_size > 10_000
    assert points_of(tmp_path) == undisturbed
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "results").iterdir()}
    second = querycurve(*arguments(tmp_path))
    assert second.code == 0
    assert "3 done" in second.out
    assert "starting Ray" not in second.out
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "results").iterdir()}


@pytest.mark.cluster
@pytest.mark.fault
def test_killing_the_driver_loses_nothing(tmp_path: Path, undisturbed: dict[str, Measured]) -> None:
    with started(arguments(tmp_path)) as driver:
        wait_until(lambda: bool(list((tmp_path / "checkpoints").glob("*.safetensors"))), driver)
        driver.send_signal(signal.SIGKILL)
    counts = plan_of(tmp_path).counts()
    assert counts["in progress"] >= 1
    assert counts["done"] < 3
    again = run(arguments(tmp_path))
    assert again.returncode == 0, again.stderr
    assert f"{counts['in progress']} in progress" in again.stdout
    assert points_of(tmp_path) == undisturbed
    assert plan_of(tmp_path).counts() == {"done": 3}


@pytest.mark.cluster
def test_a_failing_cell_does_not_stop_the_rest_and_the_exit_code_says_so(
    cluster: Cluster, tmp_path: Path
) -> None:
    broken = "{name: zip, label: broken, step_size: 1.0e+30}"
    spec = (*SPEC, "seeds=[1]", "budget=100", f"methods=[zero_shot, zip, {broken}]")
    result = querycurve(
        *arguments(tmp_path, "--address", cluster.address, "--actors", "1", spec=spec)
    )
    assert result.code == 1, result.err
    assert "failed: pocket_dots / broken / 16 shots / seed 1" in result.out
    assert "not finite" in result.out
    store = Store(LocalStorage(tmp_path))
    assert len(store.finished_keys()) == 2
    (key,) = store.failed_keys()
    assert "TrialError" in store.failed(key).error
