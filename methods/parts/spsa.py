"""Simultaneous perturbation: two-sided gradient estimates (Spall, 1992), averaged over pairs.

`Spsa` is the optimiser of ZIP (ICLR 2025) and BlackVIP (CVPR 2023). Settings choose its parts: law
of the directions, update rule, and schedules of step size and smoothing radius.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PositiveFloat, model_validator

from methods.interface import Settings, State
from methods.lazy_torch import Tensor, torch
from methods.parts.directions import LAWS, Law, LawName
from methods.parts.schedules import ScheduleName, named_schedule
from methods.parts.seeding import generator
from methods.parts.update_rules import (
    Clipped,
    ClipRule,
    GradientCorrected,
    Plain,
    clip_threshold,
)

Optimiser = Literal["spsa", "spsa-gc", "spsa-clip"]


class SpsaSettings(Settings):
    """Settings of methods that are optimised by simultaneous perturbation.

    Attributes:
        optimiser: `spsa` follows the estimate, `spsa-gc` corrects it by momentum (BlackVIP),
            `spsa-clip` clips its norm (ZIP).
        clip: the largest norm that `spsa-clip` lets through: `sqrt_dim` (the square root of the
            number of parameters), `none`, or a number. The other two don't clip: always `none`.
        momentum: beta of `spsa-gc`; the other two don't use it.
        perturbation: law of the random directions: `segmented_uniform` (magnitudes from U(0.5, 1),
            random signs), `rademacher` (random signs) or `gaussian`.
        pairs: two-sided estimates averaged in a step; a step costs twice as many queries.
        step_size: numerator a of a_t = a / (t + step_offset) ** step_decay.
        step_offset: o of that schedule.
        step_decay: alpha of that schedule.
        step_schedule: `power` is that schedule; `constant`, `linear` and `cosine` start from
            `step_size` itself, and the last two decay over the budget.
        smoothing: numerator c of c_t = c / t ** smoothing_decay.
        smoothing_decay: gamma of that schedule.
        smoothing_schedule: the same choices as `step_schedule`, for the smoothing radius.
    """

    optimiser: Optimiser = "spsa-clip"
    clip: ClipRule = "sqrt_dim"
    momentum: float = Field(default=0.8, ge=0, lt=1)
    perturbation: LawName = "segmented_uniform"
    pairs: int = Field(default=5, ge=1)
    step_size: PositiveFloat = 0.01
    step_offset: float = Field(default=1.0, ge=0, le=1e9)
    step_decay: float = Field(default=0.4, ge=0, le=10)
    step_schedule: ScheduleName = "power"
    smoothing: PositiveFloat = 0.01
    smoothing_decay: float = Field(default=0.1, ge=0, le=10)
    smoothing_schedule: ScheduleName = "power"

    @model_validator(mode="before")
    @classmethod
    def _clip_only_where_there_is_clipping(cls, given: Any) -> Any:
        # Without clipping the value has no effect, so trials with any value must share one key.
        optimiser = given.get("optimiser", cls.model_fields["optimiser"].default)
        return given if optimiser == "spsa-clip" else {**given, "clip": "none"}


class Spsa:
    """Minimises a loss of N parameters that can only be evaluated.

    Args:
        settings: which parts, and their constants.
        dimension: number of parameters N.
        budget: queries that may be spent; the length of `linear` and `cosine` schedules.
        seed: drives the directions.
        owner: the method's name, so that different methods draw different directions.
    """

    def __init__(
        self, settings: SpsaSettings, dimension: int, budget: int, seed: int, owner: str
    ) -> None:
        self._pairs, self._dimension = settings.pairs, dimension
        self._seed, self._owner = seed, owner
        self._law = LAWS[settings.perturbation]
        self._rule = _update_rule(settings, dimension)
        steps = budget // (2 * settings.pairs)
        self._step_size = named_schedule(
            settings.step_schedule,
            settings.step_size,
            steps,
            exponent=settings.step_decay,
            offset=settings.step_offset,
        )
        self._radius = named_schedule(
            settings.smoothing_schedule,
            settings.smoothing,
            steps,
            exponent=settings.smoothing_decay,
        )
        self._steps_done = 0

    @property
    def steps_done(self) -> int:
        """Steps taken so far."""
        return self._steps_done

    def probes(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """The points `(2q, N)` at which the next step from parameters `(N,)` needs the loss.

        A mask `(N,)` is 1 for parameters that they differ in, else 0.
        """
        directions = _masked(self._directions(), mask)
        return two_sided_probes(parameters, directions, self._radius(self._steps_done + 1))

    def step(
        self, parameters: Tensor, losses: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Takes a step.

        Args:
            parameters: `(N,)`, those given to `probes`.
            losses: `(2q,)` at the probes, in their order.
            mask: `(N,)`, that of `probes`. The estimate is 0 for parameters that it leaves out; the
                momentum that they have gathered goes on.

        Returns:
            The next parameters `(N,)`, and measurements worth plotting.
        """
        step = self._steps_done + 1
        directions = self._directions()
        estimate = two_sided_estimate(losses, directions, self._radius(step), self._law)
        gradient = _masked(estimate, mask)
        direction, measured = self._rule.direction(gradient)
        self._steps_done = step
        return parameters - self._step_size(step) * direction, measured

    def state(self) -> State:
        """Steps done, and what the update rule remembers."""
        return State(self._rule.memory(), {"steps_done": self._steps_done})

    def load(self, state: State) -> None:
        """Goes on from a state."""
        self._rule.remember(state.tensors)
        self._steps_done = int(state.values["steps_done"])

    def _directions(self) -> Tensor:
        """The step's directions `(q, N)`: a function of seed and step, so never stored."""
        draw = generator(self._seed, self._owner, "directions", self._steps_done + 1)
        return self._law.draw(self._pairs, self._dimension, draw)


def two_sided_probes(parameters: Tensor, directions: Tensor, radius: float) -> Tensor:
    """The points `(2q, N)` at which a two-sided estimate needs the loss: +1, -1, +2, -2, ...

    They lie at a smoothing radius c around parameters `(N,)`, two along each of the directions
    `(q, N)`.
    """
    offsets = torch.stack((directions, -directions), dim=1).flatten(0, 1)
    return parameters + radius * offsets


def two_sided_estimate(losses: Tensor, directions: Tensor, radius: float, law: Law) -> Tensor:
    """The gradient `(N,)` by the mean over pairs of (L+ - L-) / (2 c) / d, element-wise in d.

    It takes the losses `(2q,)` at the probes of directions `(q, N)`, the smoothing radius c, and
    the law of the directions; under some laws it multiplies by d (see `Law`).
    """
    plus, minus = losses.reshape(-1, 2).unbind(dim=1)
    slopes = (plus - minus) / (2 * radius)
    return law.gradients(slopes.unsqueeze(-1), directions).mean(dim=0)


def _masked(values: Tensor, mask: Tensor | None) -> Tensor:
    return values if mask is None else values * mask.to(values)


def _update_rule(settings: SpsaSettings, dimension: int) -> Plain:
    if settings.optimiser == "spsa-clip":
        return Clipped(clip_threshold(settings.clip, dimension))
    return GradientCorrected(settings.momentum) if settings.optimiser == "spsa-gc" else Plain()
