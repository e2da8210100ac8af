"""What was measured, as files of plain numbers: one row a point of a curve, one row a cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.analysis.curves import band_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import NEW_ACCURACY, Run, by_group

CURVES = "curves.csv"
PER_SEED = "per_seed.csv"

CURVE_COLUMNS = ("dataset", "shots", "label", "queries", "mean", "lower", "upper", "seeds")
"""Percent of test accuracy over queries, with its 95 % t-interval over seeds, empty for one."""

CELL_COLUMNS = (
    "dataset", "shots", "label", "method", "seed", "accuracy", "new_accuracy", "queries", "images",
    "seconds", "status", "key", "protocol", "source", "budget", "batch_size", "answers", "backbone",
    "precision", "written",
)  # fmt: skip
"""`accuracy` and `new_accuracy` are percent at the end; what was not measured is empty."""

FINISHED, FAILED, UNSOUND = "finished", "failed", "unsound"
"""What became of a cell; `unsound` has an accuracy that is no number, and counts as failed."""

_ROUNDED = 6
"""Digits after the point, so that no number ends in what floating point makes of it."""


def curves_csv(comparison: Comparison) -> str:
    """Mean and interval at each measurement of each dataset, number of shots and label."""
    return _written(CURVE_COLUMNS, _curve_rows(_measured(comparison)))


def per_seed_csv(comparison: Comparison) -> str:
    """Each cell with what it ended with, failed ones included; no row is a mean."""
    return _written(CELL_COLUMNS, _cell_rows(comparison))


def _measured(comparison: Comparison) -> tuple[Run, ...]:
    """All sound runs, also those with a search's queries on top."""
    longer = comparison.search.longer if comparison.search else ()
    return (*comparison.finished, *longer)


def _curve_rows(runs: Iterable[Run]) -> Iterator[Sequence[object]]:
    for group, members in sorted(by_group(runs).items()):
        band = band_of(members)
        if band is None:
            continue
        alone = band.seeds == 1
        for place, queries in enumerate(band.queries):
            mean = _number(band.mean[place])
            ends = ("", "") if alone else (_number(band.lower[place]), _number(band.upper[place]))
            yield (group.dataset, group.shots, group.method, queries, mean, *ends, band.seeds)


def _cell_rows(comparison: Comparison) -> Iterator[Sequence[object]]:
    parts = (
        (FINISHED, _measured(comparison)),
        (FAILED, comparison.failures),
        (UNSOUND, comparison.unsound),
    )
    rows = [(run.group, run.seed, _cell(run, status)) for status, runs in parts for run in runs]
    rows.sort(key=lambda row: row[:2])
    return (row for _, _, row in rows)


def _cell(run: Run, status: str) -> Sequence[object]:
    cell = run.trace.cell
    backbone = run.trace.provenance.get("backbone") or cell.get("backbone", "")
    sound = status == FINISHED
    return (
        run.dataset,
        run.shots,
        run.method,
        run.method_name,
        run.seed,
        _number(run.accuracy if sound else None),
        _number(run.trace.last(NEW_ACCURACY) if sound else None),
        run.queries,
        run.images,
        _number(run.seconds),
        status,
        run.trace.key,
        run.protocol,
        run.source or "",
        cell.get("budget", ""),
        cell.get("batch_size", ""),
        run.answers if run.shots else "",
        backbone,
        cell.get("precision", ""),
        run.trace.provenance.get("written", ""),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.{_ROUNDED}f}".rstrip("0").rstrip(".")


def _written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue()
