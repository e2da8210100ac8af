"""`plan --json`: what a run would do, and what it would cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orchestrator.cli.as_json.cells import cell_fields, count_fields, plan_fields
from orchestrator.cli.as_json.printed import notes_aside, print_object
from orchestrator.cli.costs import RunEstimate, estimate_of
from orchestrator.cli.work import Work
from orchestrator.plan.pricing import Price, Pricing
from orchestrator.search.plan import PlannedSearch, most_longer_queries


def print_plan(work: Work, priced: Callable[[], Pricing]) -> None:
    """Prints the object.

    Args:
        work: the spec beside its store.
        priced: makes the prices, and may say something meanwhile.
    """
    with notes_aside():
        fields = _fields(work, priced())
    print_object("plan", fields)


def _fields(work: Work, pricing: Pricing) -> dict[str, Any]:
    plan = work.plan
    cells = [{**cell_fields(cell), "left": _left(pricing.price(cell))} for cell in plan.cells]
    return {
        **plan_fields(plan, work.store.storage.location),
        "counts": count_fields(plan.counts()),
        "left": _left(pricing.total(plan.cells) + pricing.shared(plan)),
        "cells": cells,
        "search": None if work.search is None else _search(work.search, pricing),
        "money": _money(estimate_of(work)),
        "notes": list(plan.notes),
    }


def _left(price: Price) -> dict[str, Any]:
    """What is still to be spent, at most; seconds are those of one actor."""
    return {"queries": price.queries, "images": price.images, "seconds": price.seconds}


def _search(found: PlannedSearch, pricing: Pricing) -> dict[str, Any]:
    section, search = found.section, found.search
    trial = pricing.total(replace(cell, status="new") for cell in found.plan.cells)
    left = max(0, section.count - search.ended)
    longer = section.equal_queries and not search.is_over
    return {
        "method": section.method,
        "trials": section.count,
        "trials_ended": search.ended,
        "left": _left(trial.times(left)),
        "longer_queries": most_longer_queries(found, trial.queries) if longer else 0,
    }


def _money(estimate: RunEstimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "currency": estimate.prices.currency,
        "total": estimate.total,
        "training": estimate.cells.training,
        "measuring": estimate.cells.measuring,
        "search": estimate.search.total,
        "following": estimate.following.total,
        "about": estimate.whole.about,
    }
