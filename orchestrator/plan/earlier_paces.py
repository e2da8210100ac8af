"""How fast cells of a plan were that have a result: a few of each dataset and method tell."""

from collections import defaultdict
from statistics import fmean

from orchestrator.plan.alike import Group, group_of
from orchestrator.plan.budget import queries_of
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.store.storage import BlobMissing
from orchestrator.store.store import Store, UnreadableTrace

MOST_READ = 3
"""Results of a group that are read: a large store has hundreds."""


def earlier_paces(plan: Plan, store: Store) -> dict[Group, float]:
    """Seconds per query, or of a whole cell that spends none, by group.

    What has no readable result, or was timed by no clock, is left out.
    """
    done: dict[Group, list[PlannedCell]] = defaultdict(list)
    for cell in plan.cells:
        if cell.status == "done":
            done[group_of(cell)].append(cell)
    found = {group: _paces(cells[:MOST_READ], store) for group, cells in done.items()}
    return {group: fmean(paces) for group, paces in found.items() if paces}


def _paces(cells: list[PlannedCell], store: Store) -> list[float]:
    paces = []
    for cell in cells:
        try:
            total = store.header(cell.key).timing.get("total")
        except (BlobMissing, UnreadableTrace):
            continue
        if total is not None:
            paces.append(total / max(1, queries_of(cell)))
    return paces
