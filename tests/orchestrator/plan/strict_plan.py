"""Plans of which everything fits."""

from __future__ import annotations

from pathlib import Path

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.skipped import refuse_misfits
from orchestrator.spec.spec import Spec
from orchestrator.store.store import Store


def strict_plan(spec: Spec, store: Store, data: Path | str, *, blind: bool = False) -> Plan:
    """A plan without misfits, or the first of them as an error, as `--strict` has it."""
    plan = make_plan(spec, store, data, blind=blind)
    refuse_misfits(plan, strict=True)
    return plan
