"""Finds results of cells that have no key here, by what the cells say."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from benchmarks.datasets.class_names import shown
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.recall.choice import Choice, chosen
from orchestrator.plan.recall.parts import as_stored
from orchestrator.plan.recall.present import Present
from orchestrator.plan.recall.stored import Stored, StoredCells


def recalled(plan: Plan, stored: StoredCells) -> Plan:
    """The plan, whose skipped cells have the results that the store holds of the same cells.

    Its `recalled` says for which cells, and what is not known of them.
    """
    places = [place for place, cell in enumerate(plan.cells) if cell.status == "skipped"]
    if not places:
        return plan
    skipped = [plan.cells[place] for place in places]
    known = {cell.key for cell in plan.cells}
    others = [*stored.all_but(known), *stored.running_but(known)[0]]
    beside = list(_beside(plan, {cell.cell.dataset for cell in skipped}, stored))
    asked = as_stored(skipped, others, plan.spec.evaluation.images)
    choice = chosen(asked, others, stored.written, Present(plan.spec).allows, beside)
    cells = list(plan.cells)
    for number, one in choice.taken.items():
        cells[places[number]] = _with_result(skipped[number], one)
    unchecked = frozenset(cell.cell.dataset for cell in skipped)
    notes = tuple(_notes(plan, skipped, choice))
    return replace(plan, cells=tuple(cells), recalled=notes, unchecked=unchecked)


def _beside(
    plan: Plan, datasets: Collection[str], stored: StoredCells
) -> Iterator[tuple[PlannedCell, Stored]]:
    """The cells of some datasets that can be planned here, with what their results say of images.

    A method may be skipped alone, beside others that are planned with the present images.
    """
    planned = [cell for cell in plan.cells if cell.key and cell.cell.dataset in datasets]
    done = [cell.key for cell in planned if cell.status == "done"]
    made = {one.key: one.provenance for one in stored.of(done)}
    for cell in planned:
        provenance = {**made.get(cell.key, {}), "split": cell.split}
        yield cell, Stored(cell.key, cell.cell, cell.status, provenance)


def _with_result(cell: PlannedCell, one: Stored) -> PlannedCell:
    return replace(
        cell,
        cell=one.cell,
        backbone=replace(cell.backbone, digest=one.cell.backbone),
        key=one.key,
        status=one.status,
        reason="",
        split=one.split or "",
    )


def _notes(plan: Plan, asked: Sequence[PlannedCell], choice: Choice) -> Iterator[str]:
    """What a reader should know of what was taken."""
    if choice.taken:
        found = [asked[number] for number in sorted(choice.taken)]
        unchecked = ["images"]
        if not all(cell.backbone.digest for cell in found):
            unchecked.append("weights")
        if any(one.finished and not one.of_known_code for one in choice.taken.values()):
            unchecked.append("code")
        present = " and ".join(filter(None, (", ".join(unchecked[:-1]), unchecked[-1])))
        yield (
            f"results {_of(found, plan)} are read from the store alone, and not checked against "
            f"the present {present} ({_reason(found[0])})"
        )
    if choice.several:
        have = "cell has" if choice.several == 1 else "cells have"
        yield (
            f"{choice.several} {have} several results, of other images, weights or versions; the "
            f"newest of the present version are taken"
        )
    if choice.older:
        cells = "1 cell" if choice.older == 1 else f"{choice.older} cells"
        yield (
            f"results of {cells} in the store are left out, being of other images or of another "
            f"version of the code than the rest"
        )


def _of(found: Sequence[PlannedCell], plan: Plan) -> str:
    """The datasets of cells, with their methods where others are planned on the same dataset."""
    planned = {cell.cell.dataset for cell in plan.cells if cell.key}
    partly = {cell.cell.dataset for cell in found} & planned
    whole = shown(dict.fromkeys(c.cell.dataset for c in found if c.cell.dataset not in partly))
    labels = shown(dict.fromkeys(c.label for c in found if c.cell.dataset in partly))
    some = f"of {labels} on {shown(sorted(partly))}" if partly else ""
    return " and ".join(filter(None, (f"on {whole}" if whole else "", some)))


def _reason(cell: PlannedCell) -> str:
    """Why a cell has no key here, in the first of the sentences that say so: inside of another."""
    return f"{cell.cell.dataset}: {cell.reason.split('. ')[0].rstrip('.')}"
