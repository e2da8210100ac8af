"""Before a run: finds stored traces that can't be read, and plans their cells anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.store.store import Store

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
    stored = [cell.key for cell in plan.cells if cell.status in ("done", "failed")]
    damaged = keys_set_aside(stored, store, say)

    def planned(cell: PlannedCell) -> PlannedCell:
        return replace(cell, status="new") if cell.key in damaged else cell

    return replace(plan, cells=tuple(planned(cell) for cell in plan.cells)) if damaged else plan


def keys_set_aside(keys: Sequence[str], store: Store, say: Callable[[str], None]) -> frozenset[str]:
    """Sets aside what can't be read of some cells; returns the keys of those that had any.

    Raises:
        UnknownVersion: a trace is of a schema version that this release doesn't know.
    """
    with ThreadPoolExecutor(READERS) as readers:
        findings = list(readers.map(store.set_aside_damaged, keys))
    for found in findings:
        for text in found:
            say(text)
    return frozenset(key for key, found in zip(keys, findings, strict=True) if found)
