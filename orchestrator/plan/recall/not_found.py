"""Why results were not found, by what a store holds beside those of a plan."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.datasets.class_names import shown
from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.recall.stored import Stored, StoredCells, by_identity, identity

_UNTOLD = "other images or another version of the code"
_MOST = 3
"""Differences of the nearest result that are named."""


def other_versions(plan: Plan, stored: StoredCells) -> str:
    """Says how many results are of a plan's cells with other images, weights or code; or nothing.

    A store is looked through only where a whole dataset or method has no result: each change of
    that kind leaves some of them without any.
    """
    begun = [cell for cell in plan.cells if cell.status not in ("new", "skipped")]
    datasets = {cell.cell.dataset for cell in begun}
    labels = {cell.label for cell in begun}
    new = [
        cell
        for cell in plan.cells
        if cell.status == "new" and not (cell.cell.dataset in datasets and cell.label in labels)
    ]
    found = list(_under_other_keys(new, plan, stored)) if new else []
    if not found:
        return ""
    count, why = len(found), dict.fromkeys(_difference(cell, one) for cell, one in found)
    if len(why) > 1:  # what some say may well hold of the others
        why.pop(_UNTOLD, None)
    return (
        f"the store holds {count} {'result' if count == 1 else 'results'} of the same cells with "
        f"{' and '.join(why)}, which {'does' if count == 1 else 'do'} not count: put back what "
        f"{'it was' if count == 1 else 'they were'} made with, or run again"
    )


def why_nothing(plan: Plan, stored: StoredCells) -> str:
    """Why a store holds no result of a plan, in a sentence without its end."""
    begins = any(cell.status == "in progress" for cell in plan.cells)
    if plan.recalled and not begins:
        return plan.recalled[0]
    location = stored.store.storage.location
    results = [one for one in stored.all_but(()) if one.finished]
    if begins or not results:
        begun = len(stored.store.running_keys())
        cells = f" ({begun} {'cell has' if begun == 1 else 'cells have'} begun)" if begun else ""
        return f"nothing has finished yet in {location}{cells}. Run it first"
    return (
        f"{location} holds {len(results)} {'result' if len(results) == 1 else 'results'}, but none "
        f"of the spec {plan.spec.name!r}: {_what_differs(plan, results)}. Correct --store or the "
        f"spec, or run it first{_why_unplanned(plan)}"
    )


def _why_unplanned(plan: Plan) -> str:
    """Why nothing of a plan has a key here, in brackets; empty if something has."""
    reasons = [f"{cell.cell.dataset}: {cell.reason.rstrip('.')}" for cell in plan.cells]
    unplanned = all(cell.status == "skipped" for cell in plan.cells)
    return f" ({reasons[0]})" if unplanned and reasons else ""


def _under_other_keys(
    cells: Sequence[PlannedCell], plan: Plan, stored: StoredCells
) -> Iterator[tuple[PlannedCell, Stored]]:
    index = by_identity(stored.all_but({cell.key for cell in plan.cells}))
    for cell in cells:
        for one in index.get(identity(cell.cell), ()):
            if one.finished and one.backbone in ("", cell.backbone.label):
                yield cell, one


def _difference(cell: PlannedCell, one: Stored) -> str:
    """What a result was made with that its cell, as it is planned now, is not."""
    if one.cell.backbone != cell.cell.backbone:
        return "other weights"
    try:
        kind = method_class(cell.cell.method.name)
    except ValueError:  # of a package that isn't here
        return _UNTOLD
    recorded = one.provenance.get("fingerprints")
    known = recorded if isinstance(recorded, Mapping) else {}
    version = known.get("method_version", kind.version)
    if version != kind.version:
        numbers = f"{version}, this release has {kind.version}"
        return f"another version of {cell.cell.method.name} ({numbers})"
    split = known.get("split", one.split if kind.trains else None)
    if split is not None and split != cell.split:
        return "other images"
    return _UNTOLD


def _what_differs(plan: Plan, results: Sequence[Stored]) -> str:
    """The first of dataset, method and backbone that no result has, or else what is nearest."""
    cells = plan.cells
    for what, asked, held in (
        ("dataset", {c.cell.dataset for c in cells}, {one.cell.dataset for one in results}),
        ("method", {c.cell.method.name for c in cells}, {one.cell.method.name for one in results}),
        ("backbone", {c.backbone.label for c in cells}, {one.backbone for one in results} - {""}),
    ):
        if held and asked.isdisjoint(held):
            return f"it asks for the {what} {_names(asked)}, and they are of {_names(held)}"
    nearest = min(_pairs(plan, results), key=len, default={})
    if not nearest:
        return "no result is of a dataset and a method that it has together"
    told = [f"{name} ({there} there, {here} here)" for name, (there, here) in nearest.items()]
    return f"the nearest differs in {', '.join(told[:_MOST])}"


def _pairs(plan: Plan, results: Sequence[Stored]) -> Iterator[dict[str, tuple[Any, Any]]]:
    """Differences of each result from the first cell of the same dataset and method."""
    first = {(c.cell.dataset, c.cell.method.name): c for c in reversed(plan.cells)}
    for one in results:
        cell = first.get((one.cell.dataset, one.cell.method.name))
        if cell is not None:
            yield dict(_differences(one, cell))


def _differences(one: Stored, cell: PlannedCell) -> Iterator[tuple[str, tuple[Any, Any]]]:
    there, here = _flat(one.cell), _flat(cell.cell)
    if cell.backbone.label != one.backbone:
        yield "backbone", (one.backbone, cell.backbone.label)
    elif cell.cell.backbone and one.cell.backbone != cell.cell.backbone:
        yield "weights", (one.cell.backbone, cell.cell.backbone)
    for name in dict.fromkeys([*there, *here]):
        if there.get(name) != here.get(name):
            yield name, (there.get(name), here.get(name))


def _flat(cell: Cell) -> dict[str, Any]:
    """A cell's fields and its method's settings, but for what is compared apart."""
    fields = cell.model_dump()
    source, method = fields.get("source") or {}, fields["method"]
    plain = {k: v for k, v in fields.items() if k not in ("backbone", "source", "method")}
    plain["answers"] = str(cell.answers)
    measured = {f"evaluation.{name}": value for name, value in plain.pop("evaluation").items()}
    settings = {f"{method['name']}.{name}": value for name, value in method["settings"].items()}
    return {**plain, **measured, "source": source.get("dataset"), **settings}


def _names(names: set[str]) -> str:
    return shown(sorted(names))
