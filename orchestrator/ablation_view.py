"""Shows on the terminal what an ablation found."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestrator.analysis.ablation import Sweep, intervals
from orchestrator.analysis.regret import regrets_of
from orchestrator.analysis.table import interval_text

MOST_COLUMNS = 3
"""Datasets beside which values and means still fit into 80 columns; more are in the report."""


def show_sweep(sweep: Sweep, console: Console) -> None:
    """Accuracy at each value, then what the default gives away."""
    table = Table(
        title=escape(f"{sweep.ablation}: {sweep.title} varied, accuracy (%)"),
        header_style="bold",
        box=SIMPLE_HEAD,
    )
    table.add_column("value", no_wrap=True)
    shown = sweep.datasets if len(sweep.datasets) <= MOST_COLUMNS else ()
    columns = {dataset: intervals(sweep.on(dataset)) for dataset in shown}
    if len(sweep.shared) > 1:
        columns[f"mean of {len(sweep.shared)}"] = intervals(sweep.mean())
    for name in columns:
        table.add_column(name, justify="right")
    for value in sweep.values:
        found = [column.get(value) for column in columns.values()]
        mark = " (default)" if value == sweep.default else ""
        cells = ("-" if one is None else interval_text(one) for one in found)
        table.add_row(escape(value.text) + mark, *cells)
    console.print(table)
    for name, regret in regrets_of(sweep):
        said = (
            "the default is the best value tried"
            if regret.is_default
            else f"best is {regret.best.text}, {interval_text(regret.regret)} points above the "
            f"default: {regret.verdict}"
        )
        console.print(f"{name}: {said}", highlight=False, markup=False, soft_wrap=True)
