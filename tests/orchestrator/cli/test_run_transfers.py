"""A transfer end to end, on real Ray processes: killed once the prompts are trained, it goes on."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.test_run import command, run, wait_until

SPEC = (
    "protocol=cross_dataset",
    "source=pocket_silhouettes",
    "datasets=[pocket_dots, pocket_outlines, pocket_textures]",
    "methods=[zip]",
    "seeds=[1, 2]",
    "budget=400",
    "evaluation.points=2",
)


def plan_of(store: Path) -> Plan:
    return make_plan(load_spec("demo", SPEC), Store(LocalStorage(store)), Path("data"))


def result_of(store: Path, key: str) -> Path:
    return store / "results" / f"{key}.parquet"


def test_killed_between_source_and_targets_it_trains_nothing_again(tmp_path: Path) -> None:
    sources = [cell.key for cell in plan_of(tmp_path).cells if cell.cell.source is None]
    driver = subprocess.Popen(command(tmp_path, spec=SPEC), stdout=subprocess.DEVNULL)
    wait_until(lambda: any(result_of(tmp_path, key).exists() for key in sources))
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    trained = {
        key: result_of(tmp_path, key).stat().st_mtime_ns
        for key in sources
        if result_of(tmp_path, key).exists()
    }
    assert trained
    assert plan_of(tmp_path).counts() != {"done": 8}
    again = run(tmp_path, spec=SPEC)
    assert again.returncode == 0, again.stderr
    assert plan_of(tmp_path).counts() == {"done": 8}
    assert {key: result_of(tmp_path, key).stat().st_mtime_ns for key in trained} == trained
    for seed in (1, 2):
        assert f"pocket_dots / zip / 16 shots / seed {seed} / prompt from" in again.stdout
    assert "mean of 3 targets" in again.stdout
