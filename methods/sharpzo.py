"""SharpZO: CMA-ES aware of sharpness, then sparse ZO steps (Yang et al., NeurIPS 2025)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat

from methods.interface import (
    Demand,
    ImageChoice,
    Method,
    Problem,
    Prompts,
    Scores,
    State,
    TrainingSize,
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import Dimension, stored_parameters
from methods.parts.cma_es import cma_es
from methods.parts.directions import LAWS, gaussian
from methods.parts.evaluation import evaluation_on
from methods.parts.losses import cross_entropy, measured
from methods.parts.projections import bbt_std
from methods.parts.pruning import z_pruning_mask
from methods.parts.raw_context import RawContext, RawContextSettings
from methods.parts.seeding import generator
from methods.parts.spsa import two_sided_estimate, two_sided_probes
from methods.parts.two_stages import StageLengths, TwoStages
from methods.parts.word_start import word_tokens


class SharpZoSettings(RawContextSettings):
    """Settings of `sharpzo`; numbers are those of the paper's table 8, or its most frequent ones.

    Attributes:
        dimension: numbers per point d, from which the context is projected.
        projection_std: standard deviation of the projection's entries; None for BBT's law, by which
            a point of the first generation moves the numbers of the context by about the standard
            deviation of the token embeddings. The paper is silent; 1 is its code's for three sets.
        start_std: standard deviation of the point where the search begins.
        population: points per generation P.
        sigma: standard deviation of the search at the start.
        bound: no number of a searched point is above this or below its negative; None for no limit.
        rho: radius of the shift against sharp minima; 0 leaves stage one to CMA-ES alone.
        gradient: differences along all `coordinates`, or along random `directions`.
        directions: how many random directions; coordinates don't use it.
        smoothing: distance mu at which differences are taken. The paper goes down to 1e-5 for some
            gradients, where differences of float32 losses are rounding.
        stage_one_share: share of the budget that stage one may use.
        stage_one_steps: steps of stage one, in place of a share.
        pairs: pairs of points in a step of stage two.
        step_size: of stage two, eta; the paper's are from 1e-3 to 1e-1.
        prune_ratio: share of the coordinates that stage two leaves alone; 0 moves all of them, and
            asks for no gradient.
        mask_steps: steps of stage two after which those coordinates are chosen anew.
        accumulate: whether a step of stage two follows the sum of all estimates so far. It begins
            with the last gradient that was taken for a shift or for a mask.
        fitness_batches: mini-batches on which a point is evaluated; None for all training images.
        most_at_once: points in one ask; a bound on memory, without effect on what is asked.
    """

    dimension: Dimension = 512
    projection_std: PositiveFloat | None = 1.0
    start_std: float = Field(default=0.02, ge=0)
    population: int = Field(default=40, ge=2)
    sigma: PositiveFloat = 0.4
    bound: PositiveFloat | None = None
    rho: float = Field(default=0.1, ge=0)
    gradient: Literal["coordinates", "directions"] = "coordinates"
    directions: int = Field(default=5, ge=1)
    smoothing: PositiveFloat = 1e-3
    stage_one_share: float = Field(default=0.5, ge=0, le=1)
    stage_one_steps: int | None = Field(default=None, ge=1)
    pairs: int = Field(default=1, ge=1)
    step_size: PositiveFloat = 1e-3
    prune_ratio: float = Field(default=0.5, ge=0, lt=1)
    mask_steps: int = Field(default=200, ge=1)
    accumulate: bool = False
    fitness_batches: int | None = Field(default=None, ge=1)
    most_at_once: int = Field(default=128, ge=1)

    @property
    def probes(self) -> int:
        """Points that a gradient takes."""
        return 2 * (self.dimension if self.gradient == "coordinates" else self.directions)

    @property
    def stage_one_points(self) -> int:
        """Points that a step of stage one takes."""
        return self.population + (self.probes if self.rho else 0)


class SharpZo(Method):
    """A step of stage one: a gradient, a shifted generation. One of stage two: a sparse ZO step.

    context = words + A w, A ~ N(0, projection_std^2)
    stage one:  g = two-sided differences of the loss at w
                f_i = L(x_i + rho g / |g|), x_i from CMA-ES    (the x_i are told, not the shifted)
                w = mean of the search
    stage two:  u ~ N(0, 1) on the coordinates that the mask leaves, 0 elsewhere
                w <- w - eta (L(w + mu u) - L(w - mu u)) / (2 mu) u
    mask:       the share 1 - prune_ratio of coordinates with the highest w^2 (g^2 - mean) / sd

    All of it is counted: with d = 512 and P = 40, a step of stage one takes 1,064 evaluations on
    all training images, each of which takes a query for every 128 of them. Stage one always takes
    one step. It takes another one if that ends within its share of the budget, or if stage two
    could not pay for a mask and one step. The paper sets its length by hand for each dataset: by
    its table 8 stage one has 43 % (Pets) to 79 % (EuroSAT) of all evaluations; the share stands for
    these.

    `sharpzo@random-directions` is the same idea at a price that few queries pay: differences along
    5 random directions and generations of 20 points, on mini-batches of the stream: 30 queries a
    step. Its population and step size were chosen on the pocket's images. `sharpzo@rho0` leaves the
    shift out.
    `sharpzo@released` has laws of the paper's code: points in a box, a radius of rho / sqrt(40)
    (it divides by the norm of 40 equal rows), no mask, and estimates that add up from step to step.
    Left out are oddities that can't have been meant: there, gradients are taken and prompts are
    tested at the mean of a second random generation, and 40 copies of the point drift apart.
    """

    name = "sharpzo"
    version = 1
    settings_type = SharpZoSettings
    variants: ClassVar[Variants] = {
        "random-directions": {
            "gradient": "directions",
            "population": 20,
            "step_size": 0.1,
            "fitness_batches": 1,
        },
        "rho0": {"rho": 0},
        "released": {
            "start_std": 0,
            "bound": 5,
            "rho": 0.1 / math.sqrt(40),
            "prune_ratio": 0,
            "accumulate": True,
        },
    }

    def __init__(self, problem: Problem, settings: SharpZoSettings) -> None:
        self._settings, self._seed = settings, problem.seed
        self._context = RawContext(problem, settings)
        draw = generator(problem.seed, self.name, "start")
        sizes = (len(self._context.start), settings.dimension)
        law = bbt_std(self._context.unit, settings.dimension, settings.sigma)
        scale = settings.projection_std or law
        self._projection = scale * torch.randn(*sizes, generator=draw).double()
        start = torch.randn(settings.dimension, generator=draw, dtype=torch.float64)
        self._start = settings.start_std * start
        self._search = cma_es(
            settings.population, settings.dimension, settings.sigma, problem.seed, settings.bound
        )
        self._evaluation = evaluation_on(problem, settings.fitness_batches, settings.most_at_once)
        self._point = self._start
        self._gradient = torch.zeros_like(self._start)
        self._mask = torch.ones_like(self._start)
        self._stages = TwoStages(_lengths(settings, problem.budget, self._evaluation.cost))
        self._evaluation.begin(self._stages.points)

    @classmethod
    def demand(cls, problem: Problem, settings: SharpZoSettings) -> Demand:
        tokens = word_tokens(problem, settings.words, settings.context_tokens)
        first = settings.probes if settings.rho else settings.population
        candidates = min(first, settings.most_at_once)
        return Demand(candidates, soft_text=True, context_tokens=tokens)

    @classmethod
    def step_queries(cls, settings: SharpZoSettings, demand: Demand, size: TrainingSize) -> int:
        """Those of a step of stage one: every point on all its mini-batches."""
        del demand
        return settings.stage_one_points * (settings.fitness_batches or size.whole_set)

    def ask(self) -> Prompts:
        return self._prompts(self._points()[self._evaluation.asked])

    def images(self) -> ImageChoice:
        return self._evaluation.images()

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels)
        self._stages.spent += len(losses)
        means = self._evaluation.add(losses)
        if means is not None:
            self._end_phase(means)
        return {**measured(losses, scores), "stage": float(self._stages.stage)}

    def best_prompt(self) -> Prompts:
        return self._prompts(self._point.unsqueeze(0))

    def state(self) -> State:
        search, evaluation = self._search.state(), self._evaluation.state()
        here = {"parameters": self._point, "gradient": self._gradient, "mask": self._mask}
        return State(
            {**search.tensors, **evaluation.tensors, **here},
            {**evaluation.values, **self._stages.values()},
        )

    def load(self, state: State) -> None:
        self._point = stored_parameters(state, self._point, self.name)
        self._search.load(state)
        self._evaluation.load(state)
        self._gradient = state.tensors["gradient"].clone()
        self._mask = state.tensors["mask"].clone()
        self._stages.load(state.values)

    def _points(self) -> Tensor:
        """The points of the present phase, float64."""
        if self._stages.phase == "population":
            norm = self._gradient.norm()
            shift = self._settings.rho * self._gradient / norm if norm else self._gradient
            return self._start + self._search.ask() + shift
        return two_sided_probes(self._point, self._directions(), self._settings.smoothing)

    def _directions(self) -> Tensor:
        """The directions `(q, d)` of the present phase, float64."""
        settings, stages = self._settings, self._stages
        if self._along_coordinates():
            return torch.eye(settings.dimension, dtype=torch.float64)
        stage = "two" if stages.stage == 2 else "one"
        draw = generator(self._seed, self.name, stages.phase, stage, stages.steps)
        directions = gaussian(stages.points // 2, settings.dimension, draw).double()
        return directions if stages.phase == "gradient" else directions * self._mask

    def _along_coordinates(self) -> bool:
        return self._stages.phase == "gradient" and self._settings.gradient == "coordinates"

    def _estimate(self, losses: Tensor) -> Tensor:
        """The gradient `(d,)` of the losses `(2q,)` at the probes of this phase."""
        directions, radius = self._directions(), self._settings.smoothing
        mean = two_sided_estimate(losses, directions, radius, LAWS["gaussian"])
        # Along coordinates the gradient is the sum over all, not their mean.
        return mean * len(directions) if self._along_coordinates() else mean

    def _end_phase(self, losses: Tensor) -> None:
        """Takes the mean losses of this phase's points, and begins the next phase."""
        settings, phase = self._settings, self._stages.phase
        if phase == "population":
            self._search.tell(losses)
            self._point = self._start + self._search.mean
        elif phase == "gradient":
            self._gradient = self._estimate(losses)
            if self._stages.stage == 2:
                self._mask = z_pruning_mask(self._point, self._gradient, settings.prune_ratio)
        else:
            estimate = self._estimate(losses)
            if settings.accumulate:
                self._gradient = estimate = self._gradient + estimate
            self._point = self._point - settings.step_size * estimate
        self._stages.end_phase()
        self._evaluation.begin(self._stages.points)

    def _prompts(self, points: Tensor) -> Prompts:
        return self._context.prompts(self._context.start + points @ self._projection.mT)


def _lengths(settings: SharpZoSettings, budget: int, cost: int) -> StageLengths:
    """The lengths of both stages, if a point costs so many queries."""
    return StageLengths(
        points={
            "gradient": settings.probes,
            "population": settings.population,
            "pairs": 2 * settings.pairs,
        },
        cost=cost,
        shifted=settings.rho > 0,
        mask_steps=settings.mask_steps if settings.prune_ratio else None,
        stage_one_steps=settings.stage_one_steps,
        stage_one_queries=settings.stage_one_share * budget,
        budget=budget,
    )
