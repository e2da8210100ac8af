"""The command line end to end, on real Ray processes."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.orchestrator.cli.runs import (
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
    priced = ("--set", "price.per_call=0.01", "--max-cost", "1000")
    first = run(arguments(tmp_path, *priced))
    assert first.returncode == 0, first.stderr
    (estimate,) = re.findall(
        r"this run would cost, on a box with these prices, at most (.*)", first.stdout
    )
    assert f"with these prices, {estimate}; the estimate was at most {estimate}" in first.stdout
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
    again = querycurve(*arguments(tmp_path))
    assert again.code == 0, again.err
    assert f"{counts['in progress']} in progress" in again.out
    assert points_of(tmp_path) == undisturbed
    assert plan_of(tmp_path).counts() == {"done": 3}
