"""Writes what a comparison found: a table in two forms, and the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.analysis.plots import plot_dataset, plot_overview
from orchestrator.analysis.queries_to_target import Target
from orchestrator.analysis.runs import Run
from orchestrator.analysis.table import Row, as_csv, as_markdown, comparison
from orchestrator.errors import UserError


@dataclass(frozen=True)
class Report:
    """A written report.

    Attributes:
        rows: the table.
        overview: picture of all datasets' curves.
        files: everything that was written.
    """

    rows: tuple[Row, ...]
    overview: Path
    files: tuple[Path, ...]


def write_report(runs: Sequence[Run], target: Target, folder: Path) -> Report:
    """Writes results.csv, results.md, curves.png and one curves_<dataset>.png each.

    Raises:
        UserError: there is nothing to report yet, or the folder can't be written.
    """
    if not runs:
        raise UserError("nothing has finished yet, so there is nothing to report. Run it first.")
    rows = tuple(comparison(runs, target))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / "results.csv", folder / "results.md"]
        files[0].write_text(as_csv(rows), encoding="utf-8")
        files[1].write_text(as_markdown(rows), encoding="utf-8")
        for dataset in sorted({run.dataset for run in runs}):
            files.append(folder / f"curves_{dataset}.png")
            plot_dataset(runs, dataset, target, files[-1])
        overview = folder / "curves.png"
        plot_overview(runs, target, overview)
    except OSError as error:
        raise UserError(f"the report can't be written to {folder}: {error}.") from None
    return Report(rows, overview, (*files, overview))
