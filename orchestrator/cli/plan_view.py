"""Shows a plan and the state of a store on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from orchestrator.cli.progress import duration
from orchestrator.plan.plan import STATUSES, Plan, PlannedCell
from orchestrator.plan.pricing import Price, Pricing, encoding_seconds
from orchestrator.store.store import Store, UnreadableTrace
from orchestrator.trial.checkpoint import Checkpoints

_UNKNOWN = "?"


def show_plan(plan: Plan, pricing: Pricing, console: Console) -> None:
    """One line a dataset and method: where its cells stand and what they still cost."""
    title = f"{plan.spec.name}: {len(plan.cells)} cells"
    # Labels of ablations are long, so columns stand close.
    table = Table(title=title, header_style="bold", box=SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column("dataset", no_wrap=True)
    table.add_column("method", overflow="fold")
    table.add_column("cells", min_width=len("9 skipped"))
    for name in ("queries", "images", "actor time"):
        table.add_column(name, justify="right", no_wrap=True)
    for (dataset, label), cells in _grouped(plan.cells):
        price = pricing.total(cells)
        table.add_row(dataset, escape(label), _statuses(cells), *_priced(price))
    table.add_section()
    total = pricing.total(plan.cells) + Price(seconds=encoding_seconds(plan, pricing.costs))
    table.add_row("all", "", _statuses(plan.cells), *_priced(total))
    console.print(table)
    show_notes(plan, console)
    show_skipped(plan, console)
    _explain_prices(plan, pricing, console)


def show_cells(plan: Plan, console: Console) -> None:
    """Every cell with its key."""
    for cell in plan.cells:
        text = f"{cell.status:11}  {cell.key or '-':64}  {cell.title}"
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def show_notes(plan: Plan, console: Console) -> None:
    """What the user should know of splits and transfers."""
    for note in (*_transfer_notes(plan), *plan.notes):
        console.print(f"note: {note}", highlight=False, markup=False)


def show_skipped(plan: Plan, console: Console) -> None:
    """Each reason for which cells can't run, once."""
    reasons = dict.fromkeys(
        (cell.cell.dataset, cell.reason) for cell in plan.cells if cell.status == "skipped"
    )
    for dataset, reason in reasons:
        console.print(f"skipped {dataset}: {reason}", highlight=False, markup=False)


def show_status(plan: Plan, store: Store, console: Console) -> None:
    """Where the cells of a plan stand, with the queries of running ones and errors of failed."""
    counts = plan.counts()
    line = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    console.print(f"{plan.spec.name} in {store.storage.location}: {line}", highlight=False)
    for cell in plan.cells:
        if cell.status == "in progress":
            text = f"in progress  {cell.title}: {_spent(cell, store)}"
            console.print(text, highlight=False, markup=False)
        elif cell.status == "failed":
            text = f"failed       {cell.title}: {_error(cell, store)}"
            console.print(text, highlight=False, markup=False)
    _show_waiting(plan, console)
    show_skipped(plan, console)
    _show_features(store, console)


def _transfer_notes(plan: Plan) -> list[str]:
    tests = sum(1 for cell in plan.cells if cell.cell.source is not None)
    if not tests:
        return []
    return [
        f"prompts are trained on {plan.spec.source} alone, once; {tests} cells test them elsewhere "
        f"and cost no queries"
    ]


def _show_waiting(plan: Plan, console: Console) -> None:
    """How many cells wait for a prompt that is still to be trained."""
    to_run = plan.to_run()
    training = {cell.key for cell in to_run}
    waiting = [cell for cell in to_run if cell.cell.source and cell.cell.source.key in training]
    if waiting:
        console.print(
            f"{len(waiting)} of these wait for prompts that {plan.spec.source} has yet to train",
            highlight=False,
        )


def _show_features(store: Store, console: Console) -> None:
    sizes = store.feature_sizes()
    if sizes:
        noun = "split" if len(sizes) == 1 else "splits"
        text = f"image features of {len(sizes)} {noun}: {decimal(sum(sizes))}"
        console.print(f"{text} (run --rebuild-features encodes them anew)", highlight=False)


def _grouped(
    cells: Iterable[PlannedCell],
) -> Iterable[tuple[tuple[str, str], list[PlannedCell]]]:
    def place(cell: PlannedCell) -> tuple[str, str]:
        return (cell.cell.dataset, cell.label)

    order = {place(cell): None for cell in cells}
    ranked = {key: rank for rank, key in enumerate(order)}
    ordered = sorted(cells, key=lambda cell: ranked[place(cell)])
    return [(key, list(members)) for key, members in groupby(ordered, key=place)]


def _statuses(cells: Iterable[PlannedCell]) -> str:
    counts = Counter(cell.status for cell in cells)
    return ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])


def _priced(price: Price) -> tuple[str, str, str]:
    seconds = _UNKNOWN if price.seconds is None else duration(price.seconds)
    return f"{price.queries:,}", f"{price.images:,}", seconds


def _explain_prices(plan: Plan, pricing: Pricing, console: Console) -> None:
    if all(cell.status == "done" for cell in plan.cells):
        return
    for backbone in plan.backbones():
        if (costs := pricing.costs.get(backbone.digest)) is not None:
            console.print(
                f"time of {backbone.label} measured on this machine ({costs.machine}): "
                f"{1000 * costs.per_image:.2f} ms an image, {1000 * costs.per_sequence:.2f} ms a "
                f"class and candidate; divide by the number of actors.",
                highlight=False,
            )
    if pricing.total(plan.cells).seconds is None:
        console.print(
            "time is unknown until something was measured: add --measure (about half a minute).",
            highlight=False,
        )


def _spent(cell: PlannedCell, store: Store) -> str:
    damage: list[str] = []
    snapshot = Checkpoints(store, cell.key).latest(damage.append)
    if snapshot is None and damage:
        return f"{damage[0]}; it will start afresh"
    spent = 0 if snapshot is None else snapshot.ledgers["method"]["queries"]
    return f"{spent:,} of {cell.cell.budget:,} queries at the last checkpoint"


def _error(cell: PlannedCell, store: Store) -> str:
    try:
        lines = store.failed(cell.key).error.strip().splitlines()
    except UnreadableTrace as error:
        return str(error)
    return lines[-1] if lines else "unknown error"
