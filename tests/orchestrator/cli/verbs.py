"""The command line in this process, on a store of made-up results under a real plan's keys."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from methods.interface import State
from orchestrator import console
from orchestrator.cli.main import main
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.trial.checkpoint import Snapshot

WIDTH = 100
SPEC = {
    "name": "small",
    "datasets": ["pocket_dots", "pocket_outlines"],
    "seeds": [1, 2],
    "methods": ["zero_shot", "zip", "bar"],
    "backbone": "pocket",
    "budget": 200,
    "batch_size": 32,
    "augmentation": "none",
    "report": {"target_gain": 5, "price": {"per_1000_queries": 2.5, "currency": "EUR"}},
}


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> dict[tuple[str, str], list[str]]:
        """Words of each line by its first two: rows of a table by dataset and method.

        Of several tables with such rows, the first counts.
        """
        lines = [line.split() for line in reversed(self.out.splitlines())]
        return {(words[0], words[1]): words[2:] for words in lines if len(words) > 1}


def querycurve(*arguments: str | Path) -> Said:
    """Runs the command line as its script does, on consoles of a known width."""
    out, err = io.StringIO(), io.StringIO()
    widths = console.output.width, console.errors.width
    console.output.width = console.errors.width = WIDTH
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main([str(argument) for argument in arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        console.output.width, console.errors.width = widths
    return Said(code, out.getvalue(), err.getvalue())


def shown(show: Callable[[], object], width: int = 200) -> str:
    """What a function prints, on a console of a known width."""
    before, out = console.output.width, io.StringIO()
    console.output.width = width
    try:
        with contextlib.redirect_stdout(out):
            show()
    finally:
        console.output.width = before
    return out.getvalue()


def write_spec(folder: Path, **changes: object) -> Path:
    """A spec file of two datasets, two seeds and three methods."""
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({**SPEC, **changes}))
    return path


def plan_of(spec: Path, store: Path) -> Plan:
    """What the command line plans."""
    return make_plan(load_spec(str(spec)), Store(LocalStorage(store)), "data")


def trace_of(cell: PlannedCell) -> Trace:
    """A result: 60 % for zip and 50 % for bar, more with each seed; 40 % without training."""
    levels = {"zero_shot": 40.0, "zip": 60.0 + cell.cell.seed, "bar": 50.0 + cell.cell.seed}
    spent = cell.cell.queries
    images = spent * cell.cell.batch_size
    points = [Point(spent, images, "test_accuracy", levels[cell.label])]
    if spent:
        points.insert(0, Point(0, 0, "test_accuracy", 30.0))
    return Trace(
        key=cell.key,
        cell=cell.cell.model_dump(mode="json"),
        status="finished",
        points=tuple(points),
        ledgers={"method": {"queries": spent, "images": images}},
        timing={"total": 3600.0 if spent else 1.0},
    )


def fill(store: Path, spec: Path) -> None:
    """All but three cells finished: one failed, one stands at a checkpoint, one is new.

    Those are zip's second seed, bar's first and bar's second on `pocket_outlines`.
    """
    kept = Store(LocalStorage(store))
    for cell in plan_of(spec, store).cells:
        place = (cell.cell.dataset, cell.label, cell.cell.seed)
        if place == ("pocket_outlines", "zip", 2):
            error = "Traceback (most recent call last):\n  ...\nValueError: loss is not finite\n"
            known = cell.cell.model_dump(mode="json")
            kept.save(Trace(cell.key, known, "failed", (), error=error))
        elif place == ("pocket_outlines", "bar", 1):
            ledgers = {"method": {"queries": 120, "images": 3840}}
            snapshot = Snapshot(12, 12, State({}, {}), ledgers, (), {})
            kept.save_checkpoint(cell.key, 0, snapshot.to_bytes())
        elif place != ("pocket_outlines", "bar", 2):
            kept.save(trace_of(cell))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(paths)}
