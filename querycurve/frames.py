"""Cells and measurements as pandas frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from orchestrator.analysis.access import declared_access, group_title
from orchestrator.analysis.runs import ACCURACY, NEW_ACCURACY, TEST_IMAGES, Run
from orchestrator.answers import words_of
from orchestrator.errors import last_line

if TYPE_CHECKING:
    from orchestrator.plan.plan import PlannedCell

_COLUMN_OF = {
    ACCURACY: "accuracy",
    "test_loss": "loss",
    "val_accuracy": "val_accuracy",
    "val_loss": "val_loss",
    NEW_ACCURACY: NEW_ACCURACY,
    "new_loss": "new_loss",
    TEST_IMAGES: TEST_IMAGES,
}
"""The column of each metric; what was measured in single training steps is left out."""

MEASURED = frozenset(_COLUMN_OF)
"""What is read of each trace: training losses are most of it, and would fill the memory."""

_ALWAYS = ("accuracy", "loss", "val_accuracy", "val_loss")

UNREADABLE = "its result can't be read; a run measures it anew"
"""Why a cell with a result counts as one without."""

_WHOLE = ("shots", "seed", "budget", "batch_size", "queries", "images")


@dataclass(frozen=True)
class Standing:
    """A cell, and the run that has its result.

    Attributes:
        key: names its result; empty where it can't have one.
        label: the method's name in reports.
        cell: the cell as plain JSON values.
        backbone: the name of the model.
        status: `done`, `failed`, `in progress`, `new` or `skipped`.
        reason: why it failed or is skipped, or has to be run again.
        varied: what an ablation varied in it; empty outside of one.
        run: what it left; None without a trace.
    """

    key: str
    label: str
    cell: Mapping[str, Any]
    backbone: str
    status: str
    reason: str = ""
    varied: str = ""
    run: Run | None = None


def standing_of(cells: Iterable[PlannedCell], runs: Iterable[Run]) -> list[Standing]:
    """Where the cells of a plan stand, under all their labels.

    Args:
        cells: of a plan.
        runs: those of its cells that left a trace.
    """
    found = {(run.trace.key, run.method): run for run in runs}
    return [_standing(cell, found.get((cell.key, cell.label))) for cell in cells]


def _standing(planned: PlannedCell, run: Run | None) -> Standing:
    names = {point.label: point for point in planned.ablation_points}
    point = names.get(planned.label)
    status, reason = planned.status, planned.reason
    if status == "done" and run is None:  # the plan knows no more than that there is a file
        status, reason = "new", UNREADABLE
    return Standing(
        planned.key,
        planned.label,
        planned.cell.model_dump(mode="json"),
        planned.backbone.label,
        status,
        last_line(run.trace.error) if run is not None and run.trace.error else reason,
        "" if point is None else ", ".join(value.title for value in point.values),
        run,
    )


def standing_of_run(run: Run) -> Standing:
    """Where a cell stands of which nothing but its trace is known."""
    return Standing(
        run.trace.key, run.method, run.trace.cell, backbone_of(run), status="done", run=run
    )


def backbone_of(run: Run) -> str:
    """The name that its model had, or else its fingerprint."""
    return str(run.trace.provenance.get("backbone") or run.trace.cell.get("backbone", ""))


def cells_frame(cells: Sequence[Standing]) -> pd.DataFrame:
    """One row a cell and label; the columns are those of `Results.cells`."""
    frame = pd.DataFrame([_row(cell) for cell in cells], columns=list(_row_of_nothing()))
    whole = dict.fromkeys(_WHOLE, "Int64")
    measured = dict.fromkeys(("accuracy", "val_accuracy", "new_accuracy", "seconds"), "float64")
    frame = frame.astype({**whole, **measured})
    frame["written"] = pd.to_datetime(frame["written"], utc=True, errors="coerce")
    return frame


def _row_of_nothing() -> dict[str, Any]:
    return _row(Standing("", "", {"method": {"name": ""}}, "", ""))


def _row(standing: Standing) -> dict[str, Any]:
    cell, run = standing.cell, standing.run
    method = cell["method"]
    settings = method.get("settings", {})
    return {
        "key": standing.key,
        "label": standing.label,
        "method": method["name"],
        **{name: cell.get(name) for name in ("dataset", "protocol", "shots", "seed")},
        "backbone": standing.backbone,
        **{name: cell.get(name) for name in ("budget", "batch_size", "precision")},
        "answers": words_of(cell),
        "source": (cell.get("source") or {}).get("dataset", ""),
        "varied": standing.varied,
        "status": standing.status,
        "reason": standing.reason,
        "accuracy": None if run is None else run.accuracy,
        "val_accuracy": None if run is None else run.trace.last("val_accuracy"),
        "new_accuracy": None if run is None else run.trace.last(NEW_ACCURACY),
        "queries": None if run is None else run.queries,
        "images": None if run is None else run.images,
        "seconds": None if run is None else run.trace.timing.get("total"),
        "access": group_title(declared_access(method["name"], settings)),
        "settings": json.dumps(settings, sort_keys=True),
        "written": None if run is None else run.trace.provenance.get("written"),
    }


def traces_frame(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a measurement; the columns are those of `Results.traces`."""
    rows = [row for run in runs for row in _measurements(run)]
    columns = ["key", "label", "dataset", "shots", "seed", "queries", "images", *_ALWAYS]
    frame = pd.DataFrame(rows)
    more = [name for name in _COLUMN_OF.values() if name in frame and name not in columns]
    frame = frame.reindex(columns=[*columns, *more])
    whole = dict.fromkeys(("shots", "seed", "queries", "images"), "int64")
    return frame.astype({**whole, **dict.fromkeys((*_ALWAYS, *more), "float64")})


def _measurements(run: Run) -> Iterable[dict[str, Any]]:
    place = {
        "key": run.trace.key,
        "label": run.method,
        "dataset": run.dataset,
        "shots": run.shots,
        "seed": run.seed,
    }
    rows: dict[int, dict[str, Any]] = {}
    for point in run.trace.points:
        if point.metric in _COLUMN_OF:
            row = rows.setdefault(
                point.queries, {**place, "queries": point.queries, "images": point.images}
            )
            row[_COLUMN_OF[point.metric]] = point.value
    return rows.values()
