"""The `compare` verb: own results beside published ones, or two stores side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.reference.published import published_results
from orchestrator.analysis.collect import finished_runs
from orchestrator.analysis.regression import Regression, compare_traces
from orchestrator.analysis.reproduction import MARGIN, Judgement, Verdict, compare_with_published
from orchestrator.analysis.runs import Group, split_by_measurements
from orchestrator.analysis.table import interval_text
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store

_STYLES: Mapping[Judgement, str] = {
    "reproduced": "green",
    "within noise": "yellow",
    "differs": "red",
    "not comparable": "dim",
    "not judged": "dim",
}


def compare_references(plan: Plan, store: Store, console: Console) -> None:
    """Prints each finished cell beside the published numbers for it, with a verdict.

    Raises:
        UserError: nothing has finished yet.
    """
    finished = [run for run in finished_runs(plan, store) if not run.ablated]
    runs, _ = split_by_measurements(finished)
    if not runs:
        raise UserError("nothing has finished yet, so there is nothing to compare. Run it first.")
    verdicts, unknown = compare_with_published(runs, published_results())
    show_verdicts(verdicts, unknown, console)


def compare_stores(first: str, second: str, tolerance: float, console: Console) -> bool:
    """Prints what two stores have in common; True if equal keys gave different results.

    Raises:
        UserError: a store holds no results, or one that can't be read.
    """
    stores = [Store(open_storage(location)) for location in (first, second)]
    for location, store in zip((first, second), stores, strict=True):
        if not store.finished_keys():
            raise UserError(
                f"{location} holds no finished results. Give two stores, or one spec "
                f"to compare with published numbers."
            )
    result = compare_traces(stores[0].traces(), stores[1].traces(), tolerance)
    show_regression(result, (first, second), console)
    return result.differs


def looks_like_store(location: str) -> bool:
    """Whether an argument names a store rather than a spec."""
    return "://" in location or Path(location).expanduser().is_dir()


def show_verdicts(verdicts: Sequence[Verdict], unknown: Sequence[Group], console: Console) -> None:
    """Each verdict as a row, then notes on the published numbers, then what has none."""
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    for header in ("dataset", "method", "ours", "published", "verdict", "where, and why"):
        table.add_column(header, no_wrap=header in ("dataset", "method", "ours", "published"))
    for verdict in verdicts:
        row = verdict.published
        value = f"{row.value:g}" + (f" ± {row.error:g}" if row.error else "")
        metric = "" if row.metric == "accuracy" else f" ({row.metric})"
        table.add_row(
            verdict.group.dataset,
            escape(verdict.group.method),
            "-" if verdict.ours is None else interval_text(verdict.ours),
            f"{value} {'' if row.unit == '%' else row.unit}".strip(),
            verdict.judgement,
            f"{row.place}: {row.published_as}{metric}, {row.status}. {verdict.reason}",
            style=_STYLES[verdict.judgement],
        )
    if verdicts:
        console.print(table)
        counts = Counter(verdict.judgement for verdict in verdicts)
        line = ", ".join(f"{counts[name]} {name}" for name in _STYLES if counts[name])
        console.print(f"{line}.", highlight=False)
        console.print(
            f"reproduced: our whole interval lies within {MARGIN:g} point of the published number. "
            f"differs: the number lies outside of both. within noise: these seeds can't tell.",
            highlight=False,
            style="dim",
        )
    for note in dict.fromkeys(
        f"note: {v.published.place}, {v.published.published_as} on {v.published.dataset}: "
        f"{v.published.note}."
        for v in verdicts
        if v.published.note and v.judgement != "not comparable"
    ):
        console.print(note, highlight=False, style="dim")
    if unknown:
        names = ", ".join(f"{group.dataset} / {group.method}" for group in unknown)
        console.print(
            f"no published number is known for: {names}.",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def show_regression(result: Regression, names: tuple[str, str], console: Console) -> None:
    """Equal keys first, then equal cells under other keys, then what only one has."""
    counts = Counter(same.state for same in result.keys)
    line = ", ".join(f"{counts[s]} {s}" for s in ("identical", "close", "differs") if counts[s])
    console.print(f"{len(result.keys)} equal keys: {line or 'nothing to compare'}", highlight=False)
    for same in result.keys:
        if same.state == "differs":
            what = same.shape or f"accuracy is up to {same.largest:.2f} points apart"
            where = "" if same.first is None else f", first at query {same.first}"
            console.print(
                f"differs: {same.title}: {what}{where}", style="red", highlight=False, markup=False
            )
    if result.cells:
        table = Table(
            title=f"equal cells under other keys (code or data changed): {names[0]} -> {names[1]}",
            header_style="bold",
            box=SIMPLE_HEAD,
        )
        for header in ("cell", "before", "after", "change", "significant"):
            table.add_column(header, justify="left" if header == "cell" else "right")
        for cell in result.cells:
            significant = "a single seed" if cell.change.count == 1 else _yes(cell.significant)
            table.add_row(
                escape(cell.title),
                interval_text(cell.first),
                interval_text(cell.second),
                interval_text(cell.change),
                significant,
            )
        console.print(table)
    for name, titles in zip(names, (result.only_first, result.only_second), strict=True):
        if titles:
            console.print(f"only in {name}: {len(titles)} cells", highlight=False)
            for title in titles:
                console.print(f"  {title}", style="dim", highlight=False, markup=False)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
