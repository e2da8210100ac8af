"""The `search` section of a spec on its way through the command line: plan, run, status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.analysis.search import Search
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.search.points import PointPlanner
from orchestrator.search.study import read_search
from orchestrator.spec.search import SearchSpec
from orchestrator.spec.spec import Spec
from orchestrator.store.store import Store


@dataclass(frozen=True)
class PlannedSearch:
    """What a spec with a search section plans beside its cells.

    Attributes:
        section: the spec's section.
        search: the search as far as it has come.
        planner: makes points into cells.
    """

    section: SearchSpec
    search: Search
    planner: PointPlanner


def searched(spec: Spec, store: Store, data_root: Path | str) -> PlannedSearch | None:
    """A spec's search; None where the spec has none.

    Raises:
        UserError: the study can't be read, or the store is no place for one.
    """
    if spec.search is None:
        return None
    search = read_search(spec, spec.search, store)
    return PlannedSearch(spec.search, search, PointPlanner(spec, spec.search, store, data_root))


def plan_with_result(spec: Spec, store: Store, data_root: Path | str) -> Plan:
    """A spec's plan, with the cells that a search which is over adds to it.

    They are the method with the settings that were found, and the baseline with as many
    queries as search and result have spent together.

    Raises:
        UserError: as `make_plan` and `searched` do.
    """
    found = searched(spec, store, data_root)
    if found is None or not found.search.is_over or found.search.best is None:
        return make_plan(spec, store, data_root)
    section, base = found.section, found.section.base(spec.methods)
    result = base.varied(found.search.best.point, section.found_label)
    whole = spec.model_copy(update={"methods": (*spec.methods, result)})
    plan = make_plan(whole, store, data_root)
    if not section.equal_queries:
        return plan
    longer = base.model_copy(update={"label": section.longer_label})
    budget = longer_budget(spec, found.search)
    alone = spec.model_copy(update={"methods": (longer,), "ablation": None, "budget": budget})
    extra = make_plan(alone, store, data_root)
    return replace(plan, cells=(*plan.cells, *extra.cells))


def longer_budget(spec: Spec, search: Search) -> int:
    """Queries of the search and of one run of its result together, for one dataset."""
    return search.queries // len(spec.trained_datasets) + spec.budget
