"""Planned cells as JSON objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.cli.as_json.printed import snake
from orchestrator.plan.plan import STATUSES, Plan, PlannedCell, Status


def cell_fields(cell: PlannedCell) -> dict[str, Any]:
    """What a cell is and where it stands."""
    source = cell.cell.source
    return {
        "title": cell.title,
        "dataset": cell.cell.dataset,
        "label": cell.label,
        "method": cell.cell.method.name,
        "shots": cell.cell.shots,
        "seed": cell.cell.seed,
        "source": None if source is None else source.dataset,
        "key": cell.key or None,
        "state": snake(cell.status),
        "reason": cell.reason or None,
        "same_as": cell.same_as or None,
    }


def count_fields(counts: Mapping[Status, int]) -> dict[str, int]:
    """Number of cells in each state, in none as well."""
    return {snake(status): counts.get(status, 0) for status in STATUSES}


def plan_fields(plan: Plan, location: str) -> dict[str, Any]:
    """What objects about a plan begin with."""
    return {"spec": plan.spec.name, "store": location}
