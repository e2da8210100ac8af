"""The `search` section of a spec: the cells that try its points, and those that follow from it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product
from pathlib import Path
from typing import Any

from benchmarks.datasets.registry import dataset_classes
from orchestrator.analysis.search import Search
from orchestrator.cell import canonical_json
from orchestrator.errors import UserError
from orchestrator.plan.budget import step_queries
from orchestrator.plan.listener import Listener
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.search.assignment import Assignment, KeyedCell
from orchestrator.search.study import read_search
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.search import MOST_CORNERS, SearchSpec
from orchestrator.spec.spec import Spec
from orchestrator.store.store import Store

_CHANGED = "images have changed since the search began: start it again"

BASELINE = -1
"""Number of the assignment that tries no point, but the method as the spec has it."""


@dataclass(frozen=True)
class PlannedSearch:
    """A spec's search; plans blind cells, every dataset and search seed with a point's settings.

    Attributes:
        spec: the whole spec.
        section: its search section.
        store: where results are looked up.
        data_root: the folder or location that holds the datasets.
        search: the search as far as it has come.
        data: digest of the images that its trials use; "" for datasets that come with the project.
        make: makes plans; one that only reads looks up what isn't here in the store.
    """

    spec: Spec
    section: SearchSpec
    store: Store
    data_root: Path | str
    search: Search
    data: str = ""
    make: Callable[[Spec], Plan] | None = None

    def check(self) -> None:
        """Refuses a space whose corners can't work on these datasets and this backbone.

        Raises:
            UserError: says which corner and why, or that no dataset is there, or that trials would
                be pruned before they have trained anything.
        """
        self._assignment(BASELINE, self._corners)
        pruner, step = self.section.pruner, self.step_queries
        if pruner is not None and pruner.grace is not None and pruner.grace < step:
            raise UserError(
                f"search.pruner: a grace of {pruner.grace} queries is below one step of "
                f"{self.section.method}, which costs up to {step} in this space: give at least "
                f"{step}."
            )

    @property
    def step_queries(self) -> int:
        """The most queries that one step costs, on any of the datasets and in any corner."""
        cells = [cell for cell in self._corners.cells if cell.status != "skipped"]
        return max((step_queries(cell, cell.train_images) for cell in cells), default=1)

    @cached_property
    def _corners(self) -> Plan:
        """Blind cells of the method as the spec has it, and of the corners of the space."""
        extremes = [dimension.extremes for dimension in self.section.space.values()]
        base = self.section.base(self.spec.methods)
        corners = [base]
        for corner in islice(product(*extremes), MOST_CORNERS):
            point = dict(zip(self.section.space, corner, strict=True))
            label = ", ".join(f"{name}={value}" for name, value in point.items())
            corners.append(base.varied(point, f"{base.label} with {label}"))
        return self._plan(*corners)

    def assignment(self, number: int, point: dict[str, Any]) -> Assignment:
        """The cells of a point; a refusal where its settings are impossible together."""
        try:
            method = self.section.base(self.spec.methods).varied(point, "searched")
            plan = self._plan(method)
            if data_digest(plan) != self.data:
                return Assignment(number, (), refusal=_CHANGED)
            return self._assignment(number, plan)
        except (ValueError, UserError) as error:
            return Assignment(number, (), refusal=str(error))

    def baseline(self) -> Assignment:
        """The cells of the method as the spec has it, for comparison.

        Raises:
            UserError: none of the datasets is there.
        """
        return self._assignment(BASELINE, self.plan)

    @property
    def plan(self) -> Plan:
        """Blind cells of the baseline, the method as the spec has it.

        Raises:
            UserError: as `make_plan`.
        """
        return self._plan(self.section.base(self.spec.methods))

    def _plan(self, *methods: MethodSpec) -> Plan:
        alone = {"methods": methods, "seeds": self.section.seeds, "search": None, "ablation": None}
        spec = self.spec.model_copy(update=alone)
        if self.make is not None:
            return self.make(spec)
        return make_plan(spec, self.store, self.data_root, blind=True)

    def measured_baseline(self) -> tuple[PlannedCell, ...]:
        """The baseline's cells, if all of them have results; those of missing datasets aside.

        Raises:
            UserError: as `make_plan`.
        """
        cells = self.plan.cells
        begun = {cell.cell.dataset for cell in cells if cell.status != "skipped"}
        asked = tuple(cell for cell in cells if cell.cell.dataset in begun)
        return asked if all(cell.status == "done" for cell in asked) else ()

    def _assignment(self, number: int, plan: Plan) -> Assignment:
        ready = [cell for cell in plan.work if cell.status != "skipped"]
        cells = tuple(KeyedCell(cell.cell, cell.key, cell.split) for cell in ready)
        if not cells:
            raise UserError(
                f"none of the datasets is there, so nothing can be searched: {plan.cells[0].reason}"
            )
        return Assignment(number, cells)


def searched(spec: Spec, store: Store, data_root: Path | str) -> PlannedSearch | None:
    """A spec's search; None where the spec has none.

    Raises:
        UserError: the study can't be read, the store is no place for one, or as `make_plan`.
    """
    if spec.search is None:
        return None
    unread = PlannedSearch(spec, spec.search, store, data_root, Search(spec.search.method, 0, ()))
    data = "" if comes_along(spec) else data_digest(unread.plan)
    search = read_search(spec, spec.search, store, data)
    return replace(unread, search=search, data=data)


def comes_along(spec: Spec) -> bool:
    """Whether all images that a spec's trials use are the project's own."""
    return all(map(_comes_along, spec.trained_datasets))


def data_digest(plan: Plan) -> str:
    """SHA-256 over the images of a search's cells, but for datasets that come with the project.

    "" if there are no others.
    """
    used = {
        (cell.cell.dataset, cell.cell.seed, cell.split)
        for cell in plan.cells
        if not _comes_along(cell.cell.dataset)
    }
    return hashlib.sha256(canonical_json(sorted(used)).encode()).hexdigest() if used else ""


def _comes_along(dataset: str) -> bool:
    known = dataset_classes().get(dataset)
    return known is not None and not known.card.folder


def plan_with_result(
    spec: Spec, store: Store, data_root: Path | str, say: Callable[[str], None] = lambda _: None
) -> Plan:
    """A spec's plan, with the cells that a search which is over adds to it.

    They are the method with the settings that were found, and the baseline with as many
    queries as search and result have spent together. `say` is told what takes a while.

    Raises:
        UserError: as `make_plan` and `searched` do.
    """
    found = searched(spec, store, data_root)

    def plan(whole: Spec) -> Plan:
        return make_plan(whole, store, data_root, listener=Listener(say))

    return plan(spec) if found is None else with_what_follows(found, plan)


def with_what_follows(found: PlannedSearch, make: Callable[[Spec], Plan]) -> Plan:
    """The plan of a spec, with the cells that its search adds to it once it is over.

    Args:
        found: the search.
        make: plans a spec.

    Raises:
        UserError: as `make` does.
    """
    spec, section, best = found.spec, found.section, found.search.best
    if not found.search.is_over or best is None:
        return make(spec)
    base = section.base(spec.methods)
    result = base.varied(best.point, section.found_label)
    plan = make(spec.model_copy(update={"methods": (*spec.methods, result)}))
    if not section.equal_queries:
        return plan
    longer = base.model_copy(update={"label": section.longer_label})
    budget = longer_budget(spec, found.search)
    alone = spec.model_copy(update={"methods": (longer,), "ablation": None, "budget": budget})
    extra = make(alone)
    recalled = tuple(dict.fromkeys((*plan.recalled, *extra.recalled)))
    return replace(plan, cells=(*plan.cells, *extra.cells), recalled=recalled)


def most_longer_queries(found: PlannedSearch, trial: int) -> int:
    """The most queries of the baseline with as many as search and result will have spent.

    Args:
        found: the search.
        trial: the most queries of one of its trials.
    """
    spec, section = found.spec, found.section
    trials = section.count * trial // len(spec.trained_datasets)
    return max(longer_budget(spec, found.search), trials + spec.budget)


def longer_budget(spec: Spec, search: Search) -> int:
    """Queries of the search and of one run of its result together, for one dataset."""
    return search.queries // len(spec.trained_datasets) + spec.budget
