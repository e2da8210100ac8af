"""`compare --json`: own results beside published ones, or two stores side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, get_args

from benchmarks.reference.published import PublishedResult
from orchestrator.analysis.intervals import MeanInterval
from orchestrator.analysis.regression import Regression, SameCell, SameKey
from orchestrator.analysis.reproduction import Judgement, Verdict
from orchestrator.cli.as_json.cells import plan_fields
from orchestrator.cli.as_json.printed import notes_aside, print_object, snake
from orchestrator.cli.compare import regression_of, verdicts_on
from orchestrator.plan.plan import Plan
from orchestrator.store.store import Store


def print_references(plan: Plan, store: Store) -> None:
    """Prints each finished cell beside the published numbers for it.

    Raises:
        UserError: nothing has finished yet that can be compared.
    """
    with notes_aside():
        verdicts, unknown = verdicts_on(plan, store)
    counts = Counter(verdict.judgement for verdict in verdicts)
    fields = {
        **plan_fields(plan, store.storage.location),
        "counts": {snake(one): counts[one] for one in get_args(Judgement)},
        "verdicts": [_verdict(verdict) for verdict in verdicts],
        "unpublished": [asdict(group) for group in unknown],
        "notes": list(plan.recalled),
    }
    print_object("compare_published", fields)


def print_stores(first: str, second: str, tolerance: float, across: Sequence[str] = ()) -> bool:
    """Prints what two stores have in common; as `compare_stores`."""
    with notes_aside():
        result = regression_of(first, second, tolerance, across)
    places = {"first": first, "second": second}
    how = {"tolerance": tolerance, "across": list(across)}
    print_object("compare_stores", {**places, **how, **_regression(result)})
    return result.differs


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        **asdict(verdict.group),
        "ours": None if verdict.ours is None else _interval(verdict.ours),
        "published": _published(verdict.published),
        "judgement": snake(verdict.judgement),
        "reason": verdict.reason,
        "unrelated": verdict.unrelated,
    }


def _published(row: PublishedResult) -> dict[str, Any]:
    return {
        "source": row.source,
        "table": row.table,
        "name": row.published_as,
        "backbone": row.backbone,
        "protocol": row.protocol,
        "shots": row.shots,
        "metric": row.metric,
        "unit": row.unit,
        "value": row.value,
        "error": row.error,
        "sd": row.sd,
        "seeds": row.seeds,
        "cost": row.cost,
        "cost_unit": row.cost_unit,
        "queries": row.queries,
        "status": row.status,
        "caveat": row.caveat or None,
        "note": row.note or None,
    }


def _regression(result: Regression) -> dict[str, Any]:
    return {
        "differs": result.differs,
        "equal_keys": [_same_key(same) for same in result.keys],
        "changed_keys": [_same_cell(same) for same in result.cells],
        "only_in_first": list(result.only_first),
        "only_in_second": list(result.only_second),
    }


def _same_key(same: SameKey) -> dict[str, Any]:
    return {
        "key": same.key,
        "title": same.title,
        "state": same.state,
        "largest_difference": same.largest,
        "first_query": same.first,
        "problem": same.shape or None,
    }


def _same_cell(same: SameCell) -> dict[str, Any]:
    return {
        "title": same.title,
        "first": _interval(same.first),
        "second": _interval(same.second),
        "change": _interval(same.change),
        "significant": None if same.change.half_width is None else same.significant,
    }


def _interval(one: MeanInterval) -> dict[str, Any]:
    """A mean with half its 95 % interval, which a single seed has not."""
    return {"mean": one.mean, "half_width": one.half_width, "seeds": one.count}
