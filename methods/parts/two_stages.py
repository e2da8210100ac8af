"""In what order a search of two stages asks: SharpZO's (Yang et al., NeurIPS 2025).

A step of stage one is a gradient, by which the search is shifted, and then a population; without a
shift it is a population alone. A step of stage two is some pairs of points. Before its first step,
and again after a number of steps, comes a gradient that a mask is made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Phase = Literal["gradient", "population", "pairs"]


@dataclass(frozen=True)
class StageLengths:
    """How much each phase takes, and how long stage one lasts.

    Attributes:
        points: number of points of each phase.
        cost: queries that a point costs.
        shifted: whether a step of stage one has a gradient.
        mask_steps: steps of stage two after which there is a mask anew; None for no mask.
        stage_one_steps: steps of stage one; None if its queries limit it.
        stage_one_queries: queries that stage one may use after its first step.
        budget: queries that may be spent in all.
    """

    points: Mapping[Phase, int]
    cost: int
    shifted: bool
    mask_steps: int | None
    stage_one_steps: int | None
    stage_one_queries: float
    budget: int

    @property
    def stage_one_step(self) -> int:
        """Queries of a step of stage one."""
        return self.cost * (
            self.points["population"] + (self.points["gradient"] if self.shifted else 0)
        )

    @property
    def stage_two_start(self) -> int:
        """Queries of the first step of stage two, with its mask."""
        return self.cost * (
            self.points["pairs"] + (self.points["gradient"] if self.mask_steps else 0)
        )


class TwoStages:
    """Where a search stands.

    Attributes:
        phase: the present phase.
        steps: steps done in the present stage.
        stage: 1 or 2.
        spent: queries spent.
    """

    def __init__(self, lengths: StageLengths) -> None:
        self._lengths = lengths
        self.phase: Phase = "gradient" if lengths.shifted else "population"
        self.stage, self.steps, self.spent = 1, 0, 0

    @property
    def points(self) -> int:
        """Number of points of the present phase."""
        return self._lengths.points[self.phase]

    def end_phase(self) -> None:
        """Goes on to the next phase, once `spent` has what this one took."""
        if self.phase == "gradient":
            self.phase = "population" if self.stage == 1 else "pairs"
            return
        self.steps += 1
        if self.stage == 1 and not self._stage_one_goes_on():
            self.stage, self.steps = 2, 0
        self.phase = self._first_phase()

    def values(self) -> dict[str, Any]:
        """What a state needs to keep."""
        counts = {"spent": self.spent, "steps": self.steps}
        return {**counts, "phase": self.phase, "in_stage_two": self.stage == 2}

    def load(self, values: Mapping[str, Any]) -> None:
        """Goes on from what `values` returned."""
        self.spent, self.steps = int(values["spent"]), int(values["steps"])
        self.phase = values["phase"]
        self.stage = 2 if values["in_stage_two"] else 1

    def _first_phase(self) -> Phase:
        """The first phase of the next step."""
        lengths = self._lengths
        if self.stage == 1:
            return "gradient" if lengths.shifted else "population"
        masked = lengths.mask_steps is not None and self.steps % lengths.mask_steps == 0
        return "gradient" if masked else "pairs"

    def _stage_one_goes_on(self) -> bool:
        """Whether stage one takes another step, also because stage two could not be paid for."""
        lengths = self._lengths
        if lengths.stage_one_steps is not None:
            return self.steps < lengths.stage_one_steps
        within = self.spent + lengths.stage_one_step <= lengths.stage_one_queries
        return within or self.spent + lengths.stage_two_start > lengths.budget
