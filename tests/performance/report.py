"""Times a report over 2,000 cells with 100 measurements each: `python -m tests.performance.report`.

Prints seconds and peak memory of reading the store and of writing the report; nothing is asserted,
since machines differ. Training losses are in the traces too, as in real ones.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.analysis.collect import ANALYSED
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.write import write_report
from orchestrator.analysis.runs import Run
from orchestrator.spec.spec import ReportSpec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace

DATASETS, METHODS, SEEDS = 13, 31, 5
POINTS, STEPS, BUDGET = 100, 500, 5000


def main() -> None:
    """Builds the store, then measures."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(LocalStorage(Path(folder) / "store"))
        places = _fill(store)
        print(f"{len(places)} cells, {POINTS} measurements and {STEPS} training losses each")
        print(f"peak memory before: {_megabytes():.0f} MB")
        start = time.perf_counter()
        runs = tuple(Run(*place, store.finished(key, ANALYSED)) for key, place in places.items())
        read = time.perf_counter()
        print(f"reading the store: {read - start:.1f} s, {_megabytes():.0f} MB")
        question = ReportSpec(target_gain=5)
        report = write_report(Comparison("speed", runs, question=question), Path(folder) / "out")
        print(f"writing the report: {time.perf_counter() - read:.1f} s, {_megabytes():.0f} MB")
        print(f"the page: {report.page.stat().st_size / 1e6:.1f} MB, {len(report.files)} files")


def _fill(store: Store) -> dict[str, tuple[str, str, int, int]]:
    places = {}
    for dataset in range(DATASETS):
        for method in range(METHODS):
            for seed in range(SEEDS):
                key = f"{dataset:02}-{method:02}-{seed:02}"
                name = "zero_shot" if method == 0 else f"method-{method:02}"
                trains = method > 0
                place = (f"dataset-{dataset:02}", name, 16 * trains, seed * trains)
                if not trains and seed:
                    continue
                places[key] = place
                store.save(_trace(key, place, method + dataset + seed, trains=trains))
    return places


def _trace(key: str, place: tuple[str, str, int, int], offset: int, *, trains: bool) -> Trace:
    grid = [BUDGET * step // POINTS for step in range(POINTS + 1)] if trains else [0]
    points = [Point(q, q, "test_accuracy", 40 + offset * q / BUDGET) for q in grid]
    steps = STEPS if trains else 0
    points += [Point(10 * step, 0, "train_loss", 2.0) for step in range(steps)]
    spent = grid[-1]
    return Trace(
        key,
        {"dataset": place[0], "method": {"name": place[1], "settings": {}}, "budget": spent},
        "finished",
        tuple(sorted(points, key=lambda point: point.queries)),
        {"method": {"queries": spent, "images": 128 * spent}},
        {"total": 1.0},
    )


def _megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
