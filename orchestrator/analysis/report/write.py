"""Writes a report: the page, figures as PNG, tables as CSV and LaTeX."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from methods.interface import Access
from orchestrator.analysis.ablation import Sweep
from orchestrator.analysis.charts.chart import LineChart
from orchestrator.analysis.charts.png_chart import write_panels, write_png
from orchestrator.analysis.deployment import Deployment
from orchestrator.analysis.report.blocks import Block, FigureBlock, TableBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.default_target import with_target
from orchestrator.analysis.report.file_list import FileList
from orchestrator.analysis.report.files import as_csv as table_as_csv
from orchestrator.analysis.report.files import as_latex
from orchestrator.analysis.report.files import as_markdown as table_as_markdown
from orchestrator.analysis.report.headline.sentences import headline_of
from orchestrator.analysis.report.numbers import CURVES, PER_SEED, curves_csv, per_seed_csv
from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.parts import parts_words
from orchestrator.analysis.report.run_links import RunLink
from orchestrator.analysis.report.sections import sections_of
from orchestrator.analysis.table import Row, as_csv, as_markdown
from orchestrator.errors import UserError

MOST_PANELS = 24
"""Charts in one picture; each has a picture of its own anyway."""


@dataclass(frozen=True)
class Report:
    """A written report.

    Attributes:
        rows: the comparison table.
        sweeps: what the ablation varied; empty without one.
        page: the HTML page.
        folder: where everything lies.
        files: everything that was written, the page included.
        headlines: tables that answer what the protocol asks, or say who of many methods is ahead;
            empty where the comparison does.
        remarks: what to know of how results were found, and of points on the way.
        access: what each method of the comparison needs of a black box, by label.
        deployments: how each is deployed, likewise.
        in_words: the headline, a paragraph each.
        chosen_target: how a target was chosen from the results; empty where the spec names it.
    """

    rows: tuple[Row, ...]
    sweeps: tuple[Sweep, ...]
    page: Path
    folder: Path
    files: tuple[Path, ...]
    headlines: tuple[TableBlock, ...] = ()
    remarks: tuple[str, ...] = ()
    access: Mapping[str, Access | None] = field(default_factory=dict)
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    in_words: tuple[str, ...] = ()
    chosen_target: str = ""


LONGEST_NAME = 160
"""Bytes that a title gives to a file's name, at most."""


def write_report(comparison: Comparison, folder: Path, run_link: RunLink | None = None) -> Report:
    """Writes report.html and, linked in it, all that lies beside it.

    That is results.csv, results.md, spec.yaml, figures/*.png and tables/*.csv, *.tex.

    Args:
        comparison: what the report is about.
        folder: where it goes.
        run_link: where a cell's run is shown, by its key; None for no links.

    Raises:
        UserError: there is nothing to report yet, or the folder can't be written.
    """
    if not (comparison.finished or comparison.failures or comparison.unsound):
        raise UserError(
            "nothing has finished yet that can be read, so there is nothing to report. Run it "
            "first."
        )
    comparison = with_target(comparison)
    sections = sections_of(comparison)
    blocks = [block for section in sections for block in section.blocks]
    tables = [block for block in blocks if isinstance(block, TableBlock)]
    page = folder / "report.html"
    files = {
        folder / "results.csv": as_csv(comparison.rows),
        folder / "results.md": _markdown(comparison, tables),
        folder / CURVES: curves_csv(comparison),
        folder / PER_SEED: per_seed_csv(comparison),
        **{folder / "tables" / f"{table.name}.csv": table_as_csv(table) for table in tables},
        **{
            folder / "tables" / f"{table.name}.tex": as_latex(table)
            for table in tables
            if not table.numbers_only
        },
    }
    if comparison.spec_yaml:
        files[folder / "spec.yaml"] = comparison.spec_yaml
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        pictures = _pictures(blocks, folder / "figures")
        beside = FileList.of(folder, (*files, *pictures))
        page.write_text(render(comparison, sections, beside, run_link), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        if isinstance(error, FileExistsError):
            reason = "something that is no folder is in the way"
        at = f" ({error.filename})" if error.filename else ""
        raise UserError(
            f"the report can't be written to {folder}: {reason}{at}. "
            f"`querycurve report --out FOLDER` writes it elsewhere."
        ) from None
    headlines = tuple(table for table in tables if table.headline)
    if not headlines and any(map(comparison.upright, comparison.shots)):
        headlines = tuple(table for table in tables if table.summary)
    written = (page, *files, *pictures)
    return Report(
        comparison.rows,
        comparison.sweeps,
        page,
        folder,
        written,
        headlines,
        tuple(filter(None, (*comparison.remarks, parts_words(comparison.runs)))),
        {row.group.method: row.access for row in comparison.rows},
        {row.group.method: row.deployment for row in comparison.rows},
        headline_of(comparison),
        comparison.chosen_target,
    )


def _markdown(comparison: Comparison, tables: Iterable[TableBlock]) -> str:
    """Who is ahead, then every dataset and method with all that is known of it."""
    summaries = (table_as_markdown(table) for table in tables if table.summary)
    parts = f"\n{words}\n" if (words := parts_words(comparison.runs)) else ""
    return "\n".join((*summaries, as_markdown(comparison.rows))) + parts


def _pictures(blocks: Iterable[Block], folder: Path) -> list[Path]:
    written = []
    for block in blocks:
        if not isinstance(block, FigureBlock):
            continue
        if len(block.charts) == 1:
            written.append(folder / f"{block.name}.png")
            write_png(block.charts[0], written[-1])
            continue
        panels = [chart for chart in block.charts if isinstance(chart, LineChart)]
        if any(chart.own_legend for chart in panels):  # which say little without each other
            written.append(folder / f"{block.name}.png")
            write_panels(panels, written[-1])
            continue
        if len(panels) <= MOST_PANELS:
            written.append(folder / f"{block.name}.png")
            write_panels(panels, written[-1])
        for chart in panels:
            written.append(folder / f"{block.name}_{_file_name(chart.title)}.png")
            write_png(chart, written[-1])
    return written


def _file_name(title: str) -> str:
    name = "_".join("".join(c if c.isalnum() or c in "-_" else " " for c in title).split())
    if len(name.encode()) <= LONGEST_NAME:
        return name
    # File systems take 255 bytes; long names may differ only at their ends.
    return f"{name[: LONGEST_NAME // 4]}_{hashlib.sha256(title.encode()).hexdigest()[:8]}"
