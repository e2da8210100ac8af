"""Where the cells of a store stand, and a plan whose cells stand where they do now."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.plan.plan import Plan, Status, with_lost_prompts
from orchestrator.store.store import Store


def states_in(store: Store) -> dict[str, Status]:
    """Where each cell stands that the store has anything of, by key."""
    return {  # the last that a key has counts
        **dict.fromkeys(store.failed_keys(), "failed"),
        **dict.fromkeys(store.running_keys(), "in progress"),
        **dict.fromkeys(store.finished_keys(), "done"),
    }


def refreshed(plan: Plan, store: Store) -> Plan:
    """The same cells as the store has them now: lists a few folders, and plans nothing."""
    states = states_in(store)
    cells = [
        cell if cell.status == "skipped" else replace(cell, status=states.get(cell.key, "new"))
        for cell in plan.cells
    ]
    moves = any(cell.cell.source is not None for cell in cells)
    return replace(plan, cells=with_lost_prompts(cells, store.prompt_keys() if moves else ()))
