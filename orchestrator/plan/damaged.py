"""Finds stored traces that can't be read, so that a run measures their cells again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from orchestrator.plan.plan import Plan
from orchestrator.store.store import Store

READERS = 16
"""Traces read at the same time; on S3 most of the time is spent waiting."""


def set_aside_damaged(plan: Plan, store: Store, say: Callable[[str], None]) -> Plan:
    """The plan, with cells whose trace is damaged marked as new; see `keys_set_aside`.

    Raises:
        UnreadableTrace: a trace is of a schema version that this release doesn't know.
    """
    stored = [cell.key for cell in plan.work if cell.status in ("done", "failed")]
    damaged = keys_set_aside(stored, store, say)
    cells = (replace(c, status="new") if c.key in damaged else c for c in plan.cells)
    return replace(plan, cells=tuple(cells))


def keys_set_aside(keys: Sequence[str], store: Store, say: Callable[[str], None]) -> frozenset[str]:
    """Moves damaged traces to the store's folder `damaged`; returns the keys of their cells.

    `say` is called with a message about each.

    Raises:
        UnreadableTrace: a trace is of a schema version that this release doesn't know.
    """
    with ThreadPoolExecutor(READERS) as readers:
        findings = list(readers.map(store.set_aside_damaged, keys))
    for found in findings:
        for text in found:
            say(text)
    return frozenset(key for key, found in zip(keys, findings, strict=True) if found)
