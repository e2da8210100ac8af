"""What a plan skips: each reason once, with the methods and datasets that it keeps from running."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from benchmarks.datasets.class_names import shown
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan, PlannedCell


@dataclass(frozen=True)
class Skipped:
    """Cells that are skipped for one reason.

    Attributes:
        datasets: names of their datasets.
        methods: labels of their methods; empty if it is all that these datasets have.
        reason: what is wrong.
    """

    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    reason: str

    @property
    def what(self) -> str:
        """Methods and datasets."""
        datasets = shown(self.datasets)
        return f"{shown(self.methods)} on {datasets}" if self.methods else datasets

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


def skipped(cells: Collection[PlannedCell], *, misfits: bool = False) -> tuple[Skipped, ...]:
    """Each reason once for the methods that share it on the same datasets, in the plan's order.

    Args:
        cells: of a plan.
        misfits: whether to leave out what would run if its data were there.
    """
    methods: dict[str, dict[str, None]] = defaultdict(dict)
    left_out: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for cell in cells:
        methods[cell.cell.dataset][cell.label] = None
        if cell.status == "skipped" and not (misfits and cell.fits):
            left_out[cell.cell.dataset, cell.reason][cell.label] = None
    found: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for (dataset, reason), labels in left_out.items():
        whole = 1 < len(labels) == len(methods[dataset])
        found[() if whole else tuple(labels), reason].append(dataset)
    return tuple(
        Skipped(tuple(datasets), labels, reason) for (labels, reason), datasets in found.items()
    )


def refuse_misfits(plan: Plan, *, strict: bool) -> None:
    """Refuses a plan of which nothing could run, even if missing data were there.

    Args:
        plan: the plan.
        strict: whether to refuse it for the first thing that doesn't fit.

    Raises:
        UserError: gives each reason; if strict, the first one.
    """
    reasons = [str(one) for one in skipped(plan.cells, misfits=True)]
    if strict and reasons:
        raise UserError(reasons[0])
    if any(cell.fits for cell in plan.cells):
        return
    if len(reasons) == 1:
        raise UserError(f"nothing of {plan.spec.name} can run. {reasons[0]}")
    raise UserError("\n".join([f"nothing of {plan.spec.name} can run:", *reasons]))
