"""Shows a plan and the state of a store on the terminal."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from rich.filesize import decimal

from orchestrator.analysis.access import declared_access
from orchestrator.analysis.access_table import access_notes, access_table
from orchestrator.analysis.fitting_table import FittingTable, Line
from orchestrator.cli.time_view import explain_times, show_times
from orchestrator.console import counted, duration, output, say
from orchestrator.errors import last_line
from orchestrator.plan.budget import queries_of
from orchestrator.plan.plan import STATUSES, Plan, PlannedCell
from orchestrator.plan.pricing import Price, Pricing
from orchestrator.plan.recall.stored import StoredCells
from orchestrator.plan.skipped import skipped
from orchestrator.store.storage import BlobMissing
from orchestrator.store.store import Store, UnreadableTrace


def show_plan(plan: Plan, pricing: Pricing) -> None:
    """One line per dataset and method: where its cells stand and what they still cost."""
    title = f"{plan.spec.name}: {counted(len(plan.work), 'cell')}"
    lines = [
        Line((dataset, label), (_standing(cells), *_priced(pricing.total(cells))))
        for (dataset, label), cells in _grouped(plan.cells).items()
    ]
    total = pricing.total(plan.cells) + pricing.shared(plan)
    FittingTable(
        names=("dataset", "method"),
        headers=("cells", "queries", "images", "actor time"),
        lines=(*lines, Line(("all", ""), (status_counts(plan.cells), *_priced(total)))),
        title=title,
        dense=True,  # labels of ablations are long
        sections=True,
        folds=3,
        wrapping={0: len("9 skipped")},
    ).show(output)
    _show_access(plan)
    show_notes(plan)
    show_skipped(plan)
    show_times(plan, pricing)
    explain_times(plan, pricing)


def _show_access(plan: Plan) -> None:
    """Methods by what they need; arms of an ablation only where that isn't what its base needs."""
    declared = {
        cell.label: declared_access(cell.cell.method.name, cell.cell.method.settings)
        for cell in plan.cells
    }
    labels = {
        cell.label: declared[cell.label]
        for cell in plan.cells
        if all(
            declared[cell.label] != declared.get(point.ablation, declared[cell.label])
            for point in cell.ablation_points
            if point.label == cell.label
        )
    }
    output.print(access_table(labels))
    for note in access_notes(labels):
        say(note)


def show_cells(plan: Plan) -> None:
    """Every cell with its key."""
    for cell in plan.cells:
        say(f"{cell.status:11}  {cell.key or '-':64}  {cell.title}")


def show_notes(plan: Plan) -> None:
    """What the user should know of splits and transfers."""
    tests = sum(cell.cell.source is not None and cell.fits for cell in plan.work)
    if tests:
        say(
            f"note: prompts are trained on {plan.spec.source} alone, once; {tests} cells test them "
            f"elsewhere and cost no queries"
        )
    for note in plan.notes:
        say(f"note: {note}")


def show_recalled(plan: Plan) -> None:
    """What to know of results that were read from the store alone, or don't count."""
    for note in plan.recalled:
        say(f"note: {note}")


def show_skipped(plan: Plan) -> None:
    """Each reason for which cells can't run, once."""
    for one in skipped(plan.cells):
        say(f"skipped {one}")


def show_status(plan: Plan, store: Store, working: Collection[str] = ()) -> None:
    """Where the cells of a plan stand, with the queries of those begun and errors of failed.

    Args:
        plan: the plan.
        store: what it is looked up in.
        working: keys of cells that somebody works on now.
    """
    say(f"{plan.spec.name} in {store.storage.location}: {status_counts(plan.cells)}")
    for cell in plan.cells:
        if cell.status == "in progress":
            now = ", works now" if cell.key in working and not cell.same_as else ""
            say(f"in progress  {cell.title}: {_same_as(cell) or _spent(cell, store)}{now}")
        elif cell.status == "failed":
            say(f"failed       {cell.title}: {_same_as(cell) or error_of(cell, store)}")
    _show_waiting(plan)
    show_skipped(plan)
    if untold := untold_count(plan, store):
        have = "cell is" if untold == 1 else "cells are"
        say(f"{untold} {have} in progress whose checkpoints don't say what they are of")
    _show_features(store)


def status_counts(cells: Iterable[PlannedCell]) -> str:
    """How many cells there are in each status, each counted once: `3 done, 2 new`."""
    counts = Counter(cell.status for cell in cells if not cell.same_as)
    return ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])


def _standing(cells: Sequence[PlannedCell]) -> str:
    """Where the cells of a label stand, and which label stands for the same work."""
    same = dict.fromkeys(_same_as(cell) for cell in cells if cell.same_as)
    return ", ".join(filter(None, (status_counts(cells), *same)))


def _same_as(cell: PlannedCell) -> str:
    return f"same as {cell.same_as}" if cell.same_as else ""


def _show_waiting(plan: Plan) -> None:
    """How many cells wait for a prompt that is still to be trained."""
    to_run = plan.to_run()
    training = {cell.key for cell in to_run}
    waiting = [cell for cell in to_run if cell.cell.source and cell.cell.source.key in training]
    if waiting:
        source = plan.spec.source
        say(f"{len(waiting)} of these wait for prompts that {source} has yet to train")


def untold_count(plan: Plan, store: Store) -> int:
    """How many cells in progress may be the plan's, where their checkpoints don't tell."""
    if not any(c.status == "skipped" and c.cell.dataset in plan.unchecked for c in plan.cells):
        return 0
    return StoredCells(store).running_but({cell.key for cell in plan.cells})[1]


def _show_features(store: Store) -> None:
    sizes = store.feature_sizes()
    if sizes:
        noun = "split" if len(sizes) == 1 else "splits"
        text = f"image features of {len(sizes)} {noun}: {decimal(sum(sizes))}"
        say(f"{text} (`querycurve run --rebuild-features` encodes them anew)")


def _grouped(cells: Iterable[PlannedCell]) -> dict[tuple[str, str], list[PlannedCell]]:
    """Cells by dataset and label, both in the plan's order."""
    groups = defaultdict(list)
    for cell in cells:
        groups[cell.cell.dataset, cell.label].append(cell)
    return groups


def _priced(price: Price) -> tuple[str, str, str]:
    seconds = "?" if price.seconds is None else duration(price.seconds)
    return f"{price.queries:,}", f"{price.images:,}", seconds


def _spent(cell: PlannedCell, store: Store) -> str:
    damage: list[str] = []
    from orchestrator.trial.checkpoint import Checkpoints

    snapshot = Checkpoints(store, cell.key).latest(damage.append)
    if snapshot is None and damage:
        return f"{damage[0]}; it will start afresh"
    spent = 0 if snapshot is None else snapshot.queries
    return f"{spent:,} of {queries_of(cell):,} queries at the last checkpoint"


def error_of(cell: PlannedCell, store: Store) -> str:
    """Why a cell failed, in one line."""
    try:
        return last_line(store.failed(cell.key).error)
    except BlobMissing:  # another run has just finished it
        return "tried again since"
    except UnreadableTrace as error:
        return str(error)
