"""`status --json`: what is going on with a spec, and where its cells stand."""

from __future__ import annotations

from typing import Any

from orchestrator.analysis.search import TRIAL_STATES, Search
from orchestrator.cli.as_json.cells import cell_fields, count_fields, plan_fields
from orchestrator.cli.as_json.printed import notes_aside, print_object, snake
from orchestrator.cli.plan_view import error_of, untold_count
from orchestrator.cli.standing import Standing, standing_of
from orchestrator.cli.work import Work, is_there
from orchestrator.plan.budget import queries_of
from orchestrator.plan.plan import PlannedCell
from orchestrator.store.store import Store


def print_status(work: Work) -> None:
    """Prints the object; writes nothing into the store."""
    with notes_aside():
        fields = _fields(work, standing_of(work))
    print_object("status", fields)


def _fields(work: Work, standing: Standing) -> dict[str, Any]:
    plan, store = work.plan, work.store
    sizes = store.feature_sizes()
    return {
        **plan_fields(plan, store.storage.location),
        "store_exists": is_there(store),
        "state": snake(standing.state),
        "working": len(standing.working),
        "counts": count_fields(standing.counts),
        "cells": [_cell(cell, store, standing) for cell in plan.cells],
        "untold_checkpoints": untold_count(plan, store),
        "search": None if work.search is None else _search(work.search.search, standing),
        "features": {"splits": len(sizes), "bytes": sum(sizes)},
        "notes": list(plan.recalled),
    }


def _cell(cell: PlannedCell, store: Store, standing: Standing) -> dict[str, Any]:
    return {
        **cell_fields(cell),
        "works_now": cell.key in standing.working,
        "queries": queries_of(cell),
        "queries_at_checkpoint": _spent(cell, store),
        "error": error_of(cell, store) if cell.status == "failed" else None,
    }


def _spent(cell: PlannedCell, store: Store) -> int | None:
    """Queries at the last good checkpoint; None where there is none."""
    if cell.status != "in progress":
        return None
    from orchestrator.trial.checkpoint import Checkpoints

    snapshot = Checkpoints(store, cell.key).latest()
    return None if snapshot is None else snapshot.queries


def _search(search: Search, standing: Standing) -> dict[str, Any]:
    best, counts = search.best, search.counts()
    return {
        "method": search.method,
        "works_now": standing.searching,
        "trials": search.planned,
        "trials_ended": search.ended,
        "counts": {state: counts.get(state, 0) for state in TRIAL_STATES},
        "best": None
        if best is None
        else {
            "trial": best.number,
            "settings": dict(best.point),
            "values": dict(best.values),
        },
    }
