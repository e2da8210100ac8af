"""What makes a trial good, measured on validation images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Literal

from orchestrator.analysis.area import mean_over_budget
from orchestrator.analysis.curves import Curve

if TYPE_CHECKING:  # a trial's light process needs no specs
    from orchestrator.spec.search import ObjectiveName, SearchSpec

VALIDATION_ACCURACY = "val_accuracy"
"""Percent of the validation images of a few-shot split."""

Mode = Literal["max", "min"]

MODES: Mapping[ObjectiveName, Mode] = {"accuracy": "max", "area": "max", "queries_to_target": "min"}

UNREACHED = 2
"""A target that was never reached counts as so many budgets, as PAR2 does in algorithm
configuration: worse than any success, without being infinite."""


@dataclass(frozen=True)
class Goal:
    """What a search is after.

    Attributes:
        objectives: their names, the most important one first.
        target: percent, for `queries_to_target`.
    """

    objectives: tuple[ObjectiveName, ...]
    target: float | None = None

    @classmethod
    def of(cls, search: SearchSpec) -> Goal:
        """The goal of a spec's search."""
        return cls(search.objectives, search.target_accuracy)

    @property
    def modes(self) -> tuple[Mode, ...]:
        """Whether each objective is maximised or minimised."""
        return tuple(MODES[name] for name in self.objectives)

    def values(self, curves: Sequence[Curve], budget: int) -> dict[str, float]:
        """Each objective as the mean over the cells of a trial.

        Args:
            curves: validation accuracy over queries of each cell, the last one maybe unfinished.
            budget: queries of a cell.
        """
        ways: Mapping[ObjectiveName, Callable[[Curve], float]] = {
            "accuracy": lambda curve: curve.values[-1],
            "area": lambda curve: mean_over_budget(curve, curve.queries[-1]) or 0.0,
            "queries_to_target": lambda curve: _queries_to(curve, self.target or 0.0, budget),
        }
        return {name: mean(ways[name](curve) for curve in curves) for name in self.objectives}


def _queries_to(curve: Curve, target: float, budget: int) -> float:
    pairs = zip(curve.queries, curve.values, strict=True)
    return next((float(at) for at, value in pairs if value >= target), float(UNREACHED * budget))
