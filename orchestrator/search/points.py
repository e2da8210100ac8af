"""From a point of the search space to the cells that try it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.search.trial_run import Assignment, KeyedCell
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.search import MOST_CORNERS, SearchSpec
from orchestrator.spec.spec import Spec
from orchestrator.store.store import Store

BASELINE = -1
"""Number of the assignment that tries no point, but the method as the spec has it."""


@dataclass(frozen=True)
class PointPlanner:
    """Plans blind cells: every dataset and search seed with a point's settings.

    Attributes:
        spec: the whole spec.
        search: its section.
        store: where results are looked up.
        data_root: the folder that holds the datasets' folders.
    """

    spec: Spec
    search: SearchSpec
    store: Store
    data_root: Path | str

    def check(self) -> None:
        """Refuses a space whose corners can't work on these datasets and this backbone.

        Raises:
            UserError: says which corner and why, or that no dataset is there.
        """
        extremes = [dimension.extremes for dimension in self.search.space.values()]
        base = self.search.base(self.spec.methods)
        corners = [base]
        for corner in islice(product(*extremes), MOST_CORNERS):
            point = dict(zip(self.search.space, corner, strict=True))
            label = ", ".join(f"{name}={value}" for name, value in point.items())
            corners.append(base.varied(point, f"{base.label} with {label}"))
        self._assignment(BASELINE, self._plan(*corners))

    def assignment(self, number: int, point: dict[str, Any]) -> Assignment:
        """The cells of a point; a refusal where its settings are impossible together."""
        try:
            method = self.search.base(self.spec.methods).varied(point, "searched")
            return self._assignment(number, self._plan(method))
        except (ValueError, UserError) as error:
            return Assignment(number, (), refusal=str(error))

    def baseline(self) -> Assignment:
        """The cells of the method as the spec has it, for comparison.

        Raises:
            UserError: none of the datasets is there.
        """
        base = self.search.base(self.spec.methods)
        return self._assignment(BASELINE, self._plan(base))

    @property
    def plan(self) -> Plan:
        """Blind cells of the baseline, the method as the spec has it."""
        return self._plan(self.search.base(self.spec.methods))

    def _plan(self, *methods: MethodSpec) -> Plan:
        changes = {
            "methods": methods,
            "seeds": self.search.seeds,
            "search": None,
            "ablation": None,
        }
        spec = self.spec.model_copy(update=changes)
        return make_plan(spec, self.store, self.data_root, blind=True)

    def _assignment(self, number: int, plan: Plan) -> Assignment:
        cells = tuple(KeyedCell(c.cell, c.key) for c in plan.cells if c.status != "skipped")
        if not cells:
            raise UserError(
                f"none of the datasets is there, so nothing can be searched: {plan.cells[0].reason}"
            )
        return Assignment(number, cells)
