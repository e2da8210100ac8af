"""Marks the cells of pruned trials in the store."""

from __future__ import annotations

from orchestrator.checkpoint import Checkpoints
from orchestrator.search.course import Assignment
from orchestrator.store import Store, StoredCheckpoints
from orchestrator.trace import Trace


def mark_pruned(assignment: Assignment, store: Store) -> None:
    """Stores what the unfinished cells of a trial had measured, as pruned.

    Their checkpoints stay: another search that comes to the same cell goes on from there.
    """
    finished = store.finished_keys()
    for cell in assignment.cells:
        snapshot = Checkpoints(StoredCheckpoints(store, cell.key)).latest()
        if cell.key in finished or snapshot is None:
            continue
        store.save(
            Trace(
                key=cell.key,
                cell=cell.cell.model_dump(mode="json"),
                status="pruned",
                points=snapshot.points,
                ledgers=snapshot.ledgers,
                timing=snapshot.seconds,
            )
        )
