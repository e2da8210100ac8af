"""The command line end to end, on real Ray processes that are killed while they work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage, open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point
from tests.orchestrator.trial.test_worker import Bench

ROOT = Path(__file__).parents[3]
SPEC = (
    "methods=[zero_shot, zip]",
    "datasets=[pocket_dots]",
    "seeds=[1, 2]",
    "budget=1000",
    "evaluation.points=4",
)


def command(store: Path | str, *arguments: str, spec: tuple[str, ...] = SPEC) -> list[str]:
    settings = [word for override in spec for word in ("--set", override)]
    fixed = ["--store", str(store), "--checkpoint-seconds", "0", "--no-tracking"]
    script = str(ROOT / "run_benchmark.py")
    return [sys.executable, script, "run", "demo", *settings, *fixed, *arguments]


def run(
    store: Path, *arguments: str, spec: tuple[str, ...] = SPEC
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(store, *arguments, spec=spec), capture_output=True, text=True, check=False
    )


def start(store: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(store, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def plan_of(store: Path | str) -> Plan:
    return make_plan(load_spec("demo", SPEC), Store(open_storage(str(store))), Path("data"))


Measured = tuple[tuple[Point, ...], Mapping[str, Mapping[str, int]]]


def points_of(store: Path | str) -> dict[str, Measured]:
    """What each cell measured, and every query and image that it was charged for."""
    traces = Store(open_storage(str(store))).traces()
    return {trace.key: (trace.points, trace.ledgers) for trace in traces}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """All cells, run one after another in this process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for seed in (1, 2):
        bench = Bench(folder, *SPEC, f"seeds=[{seed}]")
        bench.run("zip")
    bench.run("zero_shot")
    return points_of(folder)


def test_a_run_does_everything_once_and_then_nothing(
    tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    first = run(tmp_path)
    assert first.returncode == 0, first.stderr
    assert "3 new" in first.stdout
    assert "finished pocket_dots / zip / 16 shots / seed 1" in first.stdout
    assert (tmp_path / "reports" / "demo" / "figures" / "curves.png").stat().st_size > 10_000
    assert points_of(tmp_path) == undisturbed
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "results").iterdir()}
    second = run(tmp_path)
    assert second.returncode == 0
    assert "3 done" in second.stdout
    assert "starting Ray" not in second.stdout
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "results").iterdir()}


def test_killing_the_driver_loses_nothing(tmp_path: Path, undisturbed: dict[str, Measured]) -> None:
    driver = start(tmp_path)
    wait_until(lambda: bool(list((tmp_path / "checkpoints").glob("*.safetensors"))))
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    counts = plan_of(tmp_path).counts()
    assert counts["in progress"] >= 1
    assert counts["done"] < 3
    again = run(tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"{counts['in progress']} in progress" in again.stdout
    assert points_of(tmp_path) == undisturbed
    assert plan_of(tmp_path).counts() == {"done": 3}


def test_killing_an_actor_loses_nothing(tmp_path: Path, undisturbed: dict[str, Measured]) -> None:
    driver = start(tmp_path)
    wait_until(lambda: bool(list((tmp_path / "checkpoints").glob("*.safetensors"))))
    os.kill(actors_of(driver)[0], signal.SIGKILL)
    output, _ = driver.communicate(timeout=240)
    assert driver.returncode == 0, output
    assert "an actor died" in output
    assert points_of(tmp_path) == undisturbed


def test_an_interrupt_saves_what_runs_and_ends_tidily(
    tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    driver = start(tmp_path)
    wait_until(lambda: bool(list((tmp_path / "checkpoints").glob("*.safetensors"))))
    driver.send_signal(signal.SIGINT)
    output, _ = driver.communicate(timeout=60)
    assert driver.returncode == 130, output
    assert "stopped  pocket_dots / zip" in output
    assert "the same command goes on" in output
    assert "Traceback" not in output
    assert plan_of(tmp_path).counts()["in progress"] >= 1
    again = run(tmp_path)
    assert again.returncode == 0, again.stderr
    assert points_of(tmp_path) == undisturbed


def test_a_second_interrupt_does_not_wait_for_an_actor_that_hangs(tmp_path: Path) -> None:
    driver = start(tmp_path)
    wait_until(lambda: bool(list((tmp_path / "checkpoints").glob("*.safetensors"))))
    for actor in actors_of(driver):
        os.kill(actor, signal.SIGSTOP)
    driver.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        driver.wait(timeout=3)
    driver.send_signal(signal.SIGINT)
    output, _ = driver.communicate(timeout=20)
    assert driver.returncode == 130, output
    assert "interrupt again to stop at once" in output


def test_a_failing_cell_does_not_stop_the_rest_and_the_exit_code_says_so(tmp_path: Path) -> None:
    broken = "{name: zip, label: broken, step_size: 1.0e+30}"
    spec = (*SPEC, "seeds=[1]", "budget=100", f"methods=[zero_shot, zip, {broken}]")
    result = run(tmp_path, spec=spec)
    assert result.returncode == 1
    assert "failed: pocket_dots / broken / 16 shots / seed 1" in result.stdout
    assert "not finite" in result.stdout
    store = Store(LocalStorage(tmp_path))
    assert len(store.finished_keys()) == 2
    (key,) = store.failed_keys()
    assert "TrialError" in store.failed(key).error


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (("datasets=[pocket_dot]",), "Did you mean: pocket_dots"),
        (("budget=0",), "greater than or equal to 1"),
        (("shots=[99]",), "has only 32 training images"),
        (("backbone=VIT",), "unknown backbone 'VIT'"),
    ],
)
def test_bad_input_ends_with_code_2_before_anything_is_written(
    spec: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    result = run(tmp_path / "store", spec=(*SPEC, *spec))
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "store").exists()


def test_a_store_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file" / "store")
    assert result.returncode == 2
    assert "can't be written" in result.stderr


def actors_of(driver: subprocess.Popen[str]) -> list[int]:
    """Process ids of the oracle actors that a driver started, and of nobody else's."""
    parents, actors = {}, []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes()
                status = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(status[1])
            if line.startswith(b"ray::Worker"):
                actors.append(int(folder.name))
    return [pid for pid in actors if driver.pid in _ancestors(pid, parents)]


def _ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while (pid := parents.get(pid, 0)) and pid not in found:
        found.add(pid)
    return found
