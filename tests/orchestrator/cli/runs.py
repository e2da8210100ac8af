"""Whole runs of the command line, for tests that disturb them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point

ROOT = Path(__file__).parents[3]
SCRIPT = str(ROOT / "run_benchmark.py")
SPEC = (
    "methods=[zero_shot, zip]",
    "datasets=[pocket_dots]",
    "seeds=[1, 2]",
    "budget=1000",
    "evaluation.points=4",
)

Measured = tuple[tuple[Point, ...], Mapping[str, Mapping[str, int]]]


def arguments(store: Path | str, *more: str, spec: tuple[str, ...] = SPEC) -> list[str]:
    """The command line's words that run a spec with a checkpoint after every step."""
    settings = [word for override in spec for word in ("--set", override)]
    fixed = ["--store", str(store), "--checkpoint-seconds", "0", "--no-tracking"]
    return ["run", "demo", *settings, *fixed, *more]


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, in a process of its own."""
    whole = [sys.executable, SCRIPT, *words]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


@contextmanager
def started(
    words: list[str], *, trace_only: bool = False, folder: Path = ROOT
) -> Iterator[subprocess.Popen[str]]:
    """A command at work, which ends with the block at latest; `stdout` has both its streams.

    Args:
        words: arguments of the command line.
        trace_only: whether its actors are those of `trace_only.py`.
        folder: where it is run.
    """
    module = ["-m", "tests.orchestrator.cli.trace_only"] if trace_only else [SCRIPT]
    driver = subprocess.Popen(
        [sys.executable, *module, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield driver
    finally:
        driver.kill()
        driver.wait()


def wait_until(
    condition: Callable[[], bool],
    driver: subprocess.Popen[str] | None = None,
    seconds: float = 300,
) -> None:
    """Waits for a condition; fails when the driver ends before it holds, or time is up."""
    end = time.monotonic() + seconds
    while not condition():
        if driver is not None:
            assert driver.poll() is None, driver.communicate()[0]
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def plan_of(store: Path | str, spec: tuple[str, ...] = SPEC) -> Plan:
    """The cells of a spec as a store has them now."""
    return make_plan(load_spec("demo", spec), Store(open_storage(str(store))), Path("data"))


def points_of(store: Path | str) -> dict[str, Measured]:
    """What each cell measured, and every query and image that it was charged for."""
    traces = Store(open_storage(str(store))).traces()
    return {trace.key: (trace.points, trace.ledgers) for trace in traces}
