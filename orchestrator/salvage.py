"""Before a run: finds stored traces that can't be read, and plans their cells anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from orchestrator.plan import Plan, PlannedCell
from orchestrator.store import Store

READERS = 16
"""Traces read at once: on S3 most of the time is waiting."""


def set_aside_damaged(plan: Plan, store: Store, say: Callable[[str], None]) -> Plan:
    """A plan in which cells with a damaged trace run again.

    Args:
        plan: what was asked.
        store: where results lie; damaged ones are moved to its folder `damaged`.
        say: told of each.

    Raises:
        UnknownVersion: a trace is of a schema version that this release doesn't know.
    """
    stored = [cell for cell in plan.cells if cell.status in ("done", "failed")]
    with ThreadPoolExecutor(READERS) as readers:
        findings = list(readers.map(lambda cell: store.set_aside_damaged(cell.key), stored))
    damaged = {cell.key: found for cell, found in zip(stored, findings, strict=True) if found}
    for found in damaged.values():
        for text in found:
            say(text)

    def planned(cell: PlannedCell) -> PlannedCell:
        return replace(cell, status="new") if cell.key in damaged else cell

    return replace(plan, cells=tuple(planned(cell) for cell in plan.cells)) if damaged else plan
