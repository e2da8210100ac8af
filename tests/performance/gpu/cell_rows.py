"""Whole cells on the GPU: one by itself, and several that share it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.worker import Worker
from tests.performance.features import features_of
from tests.performance.gpu.crew import crew_of
from tests.performance.gpu.outcome import Outcome, at_most
from tests.performance.gpu.plan import planned, worker_setup
from tests.performance.gpu.setting import Setting

GOAL = 20.0
"""Seconds of a ZIP cell of 5,000 queries on 100 classes, on one H100."""
_CELLS = "tests.performance.cells"


def zip_row(setting: Setting, folder: Path) -> Iterator[Outcome]:
    """A ZIP cell from JPEG files to its stored result; the model is loaded before."""
    shape = setting.cell
    (cell,) = planned(setting, shape, folder, seeds=1)
    setup = worker_setup(setting, shape, folder, "store-zip", setting.cores)
    worker = Worker(setup)
    start = time.perf_counter()
    worker.encode_test_split(cell.cell.dataset, cell.features)
    encoding = time.perf_counter() - start
    store = Store(LocalStorage(Path(setup.store)))
    start = time.perf_counter()
    outcome = worker.run_cell(cell.cell, cell.key, features_of(store, cell), cell.split)
    seconds = time.perf_counter() - start
    if outcome.status != "finished":
        raise RuntimeError(outcome.error or outcome.status)
    timing = dict(store.finished(cell.key).timing)
    parts = ", ".join(
        f"{what} {timing[what]:.1f}"
        for what in ("query", "data", "evaluation", "method")
        if what in timing
    )
    figure = f"{seconds:.1f} s ({parts}); {shape.test} test images once in {encoding:.1f} s"
    yield at_most(
        f"ZIP cell of {shape.budget} queries, {shape.classes} classes, from JPEG files",
        seconds,
        GOAL,
        figure,
        seconds=seconds,
        encoding=encoding,
        timing=timing,
    )


def sharing_row(setting: Setting, folder: Path, actors: int) -> Iterator[Outcome]:
    """Cells per second of actors that share the GPU, each with its part of the CPU cores."""
    shape, each = setting.shared, setting.cells_each + 1
    cells = planned(setting, shape, folder, seeds=actors * each)
    cores = max(1, setting.cores // actors)
    setup = worker_setup(setting, shape, folder, f"store-{actors}", cores)
    with crew_of(setting, setup, actors) as crew:
        crew.encode(cells[0])
        table = features_of(Store(LocalStorage(Path(setup.store))), cells[0])
        crew.run(cells[:actors], table)  # to warm up
        start = time.perf_counter()
        for turn in range(1, each):
            crew.run(cells[turn * actors : (turn + 1) * actors], table)
        seconds = time.perf_counter() - start
    done = actors * setting.cells_each
    figure = f"{done / seconds:.3g} cells/s ({seconds / setting.cells_each:.1f} s a cell of each)"
    title = f"{actors} trial{'s'[: actors > 1]} a GPU, {cores} core{'s'[: cores > 1]} each"
    yield Outcome(title, figure, values={"cells": done, "seconds": seconds, "cores": cores})


def bench_cell_row(setting: Setting, folder: Path) -> Iterator[Outcome]:
    """`make bench-cell` with its defaults for this machine; what it prints goes to its file."""
    if find_spec(_CELLS) is None:
        raise RuntimeError("there is no benchmark of whole cells in this checkout")
    bench = import_module(f"{_CELLS}.__main__")
    document, said = folder / "cells.json", StringIO()
    with redirect_stdout(said):
        code = bench.main((*setting.cell_words, "--json", str(document)))
    if code == 2:
        raise RuntimeError("it can't be run as asked; it said why above")
    yield Outcome(
        "bench-cell: traces of the old path and the new one",
        "equal" if code == 0 else "they differ",
        "equal",
        code == 0,
        {"printed": said.getvalue(), "document": document.read_text()},
    )
