"""BPT-VLM: black-box prompt tuning of both towers by evolution (Yu et al., IJCAI 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from methods.interface import (
    Access,
    Demand,
    Input,
    Method,
    Problem,
    Prompts,
    Scores,
    Settings,
    SettingsError,
    State,
    TrainingSize,
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import Dimension, check_context
from methods.parts.cma_es import CmaEs
from methods.parts.generation import Generation
from methods.parts.losses import cross_entropy, measured
from methods.parts.seeding import generator


class BptVlmSettings(Settings):
    """Settings of `bptvlm`.

    Sizes, population and sigma are by default those of the ZIP paper's code (ICLR 2025). How
    prompts are evaluated, which one is deployed, and when the search ends are choices of our own;
    `bptvlm@zip-port` has that code's.

    Attributes:
        context_tokens: soft context tokens before the class name.
        visual_tokens: tokens appended to the image's patches; 0 leaves the image tower alone.
        text_dimension: how many numbers the text prompt is projected from.
        visual_dimension: how many numbers the visual prompt is projected from.
        population: prompts per generation P.
        sigma: standard deviation of the search at the start.
        covariance: `full`, or `diagonal` (sep-CMA-ES), whose cost is linear in the dimension.
        fitness_batches: mini-batches that a prompt's fitness is averaged over; None for one pass of
            the training data.
        shared_batches: whether all prompts of a generation are evaluated on the same mini-batches;
            otherwise one prompt after the other is, each on its own.
        best: which prompt is deployed: the one with the best `fitness`; or the `mean` of the
            search, better when fitness is noisy; or the one whose losses had the lowest
            `running_mean` at any time, even over a single mini-batch; or the `last` one evaluated.
        transferred: which prompt is deployed on new classes and other datasets: the `best` one as
            above, or the `last` one evaluated. Not part of the key if `best`.
        max_individuals: stop after the generation that reaches this number of prompts; None for
            no such limit.
        patch_inputs: numbers per image patch, which scale the visual projection; 3,072 (a patch of
            32 pixels) is the research code's constant for every backbone.
    """

    context_tokens: int = Field(default=5, ge=1)
    visual_tokens: int = Field(default=5, ge=0)
    text_dimension: Dimension = 2000
    visual_dimension: Dimension = 2000
    population: int = Field(default=15, ge=2)
    sigma: float = Field(default=1.0, gt=0)
    covariance: Literal["full", "diagonal"] = "full"
    fitness_batches: int | None = Field(default=None, ge=1)
    shared_batches: bool = True
    best: Literal["fitness", "mean", "running_mean", "last"] = "fitness"
    transferred: Literal["best", "last"] = Field(
        default="best", exclude_if=lambda value: value == "best"
    )
    max_individuals: int | None = Field(default=None, ge=1)
    patch_inputs: int = Field(default=3072, ge=1)


class BptVlm(Method):
    """One generation: sample P points, their loss over one pass of the training data, an update.

    x = (x_L, x_V)                       search vector (cma_es.py)
    text context = A_L x_L, A_L ~ N(0, (sd_E / (sqrt(d_L) sigma))^2)
    visual tokens = A_V x_V, A_V ~ N(m 3072 / d_V, (sd sqrt(3072 / d_V) sigma)^2)
    fitness = mean over the pass's mini-batches of the mean cross-entropy

    sd_E is the standard deviation of the token embeddings, m and sd are mean and standard deviation
    of the patch convolution. Each `ask` of a pass has all P prompts on one mini-batch, which
    compares them on equal terms. If the budget ends within a generation, the search does not learn
    from it, and a prompt that has not had its whole pass can't become the best.

    `bptvlm@zip-port` is the ZIP paper's research code: one prompt after the other, each on its own
    pass; the best running mean wins; at most 1,000 prompts, but generations are finished. With one
    mini-batch per epoch the run ends after 1,005 queries (67 generations), where our defaults make
    333 generations of 5,000. That code tests the winner on the classes that it was trained on, but
    its checkpoint holds the prompt that was evaluated last: so this is the one that it tests on new
    classes and other datasets, and so does the variant (`transferred`).
    `bptvlm@original` has the sizes of BPT-VLM's own code: 8 text tokens, 500 + 500 numbers,
    population 30, one prompt after the other.
    """

    name = "bptvlm"
    version = 1
    settings_type = BptVlmSettings
    variants: ClassVar[Variants] = {
        "zip-port": {
            "shared_batches": False,
            "best": "running_mean",
            "transferred": "last",
            "max_individuals": 1000,
        },
        "original": {
            "context_tokens": 8,
            "text_dimension": 500,
            "visual_dimension": 500,
            "population": 30,
            "shared_batches": False,
        },
    }

    def __init__(self, problem: Problem, settings: BptVlmSettings) -> None:
        _check_space(problem, settings)
        self._settings = settings
        draw = generator(problem.seed, "bptvlm", "projections")
        self._to_text = _text_projection(problem, settings, draw)
        self._to_image = _visual_projection(problem, settings, draw)
        self._search = CmaEs(
            settings.population,
            _dimension(settings),
            settings.sigma,
            problem.seed,
            diagonal=settings.covariance == "diagonal",
        )
        self._best = torch.zeros(_dimension(settings), dtype=torch.float64)
        self._best_loss = math.inf
        weights = [1] * (settings.fitness_batches or problem.batches_per_epoch)
        self._generation = Generation(
            settings.population, weights, together=settings.shared_batches
        )

    @classmethod
    def access(cls, settings: BptVlmSettings) -> Access:
        visual = {"visual tokens"} if settings.visual_tokens else set[Input]()
        return Access(frozenset({"soft context", *visual}))

    @classmethod
    def demand(cls, problem: Problem, settings: BptVlmSettings) -> Demand:
        _check_space(problem, settings)
        candidates = settings.population if settings.shared_batches else 1
        return Demand(
            candidates,
            touches_images=settings.visual_tokens > 0,
            soft_text=True,
            context_tokens=settings.context_tokens,
        )

    @classmethod
    def step_queries(cls, settings: BptVlmSettings, demand: Demand, size: TrainingSize) -> int:
        """Those of a generation: every prompt on every mini-batch of its pass."""
        del demand
        return settings.population * (settings.fitness_batches or size.batches_per_epoch)

    def ask(self) -> Prompts | None:
        if self._enough():
            return None
        return self._prompts(self._search.ask()[self._generation.asked])

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels).cpu()
        generation = self._generation
        generation.add(losses)
        if generation.pass_done or self._settings.best == "running_mean":
            self._keep_best(generation.means)
        if generation.pass_done and (fitness := generation.end_pass()) is not None:
            self._search.tell(fitness)
            generation.begin()
        return {**measured(losses, scores), "search_sigma": self._search.sigma}

    def best_prompt(self) -> Prompts:
        rules = {"mean": lambda: self._search.mean, "last": self._last}
        chosen = rules.get(self._settings.best, lambda: self._best)()
        return self._prompts(chosen.unsqueeze(0))

    def transferred_prompt(self) -> Prompts:
        if self._settings.transferred == "best":
            return self.best_prompt()
        return self._prompts(self._last().unsqueeze(0))

    def state(self) -> State:
        search, generation = self._search.state(), self._generation.state()
        loss = None if math.isinf(self._best_loss) else self._best_loss
        tensors = {"best": self._best, **generation.tensors, **search.tensors}
        return State(tensors, {"best_loss": loss, **generation.values})

    def load(self, state: State) -> None:
        self._search.load(state)
        self._generation.load(state)
        self._best = state.tensors["best"].clone()
        loss = state.values["best_loss"]
        self._best_loss = math.inf if loss is None else float(loss)

    def _last(self) -> Tensor:
        """The point `(N,)` that was evaluated last, be it on a part of its pass; 0 at the start.

        Of several that were evaluated together, the last in order.
        """
        generation = self._generation
        if generation.batches:
            return self._search.ask()[generation.asked][-1]
        if generation.first:
            return self._search.ask()[generation.first - 1]
        previous = self._search.previous
        return torch.zeros_like(self._best) if previous is None else previous[-1]

    def _enough(self) -> bool:
        """Whether no generation may begin any more, and none is on its way."""
        limit = self._settings.max_individuals
        done = self._search.generations * self._settings.population
        return not self._generation.begun and limit is not None and done >= limit

    def _keep_best(self, means: Tensor) -> None:
        lowest = int(means.argmin())
        if float(means[lowest]) < self._best_loss:
            self._best_loss = float(means[lowest])
            self._best = self._search.ask()[self._generation.asked][lowest].clone()

    def _prompts(self, points: Tensor) -> Prompts:
        settings, count = self._settings, len(points)
        points = points.float()
        text = points[:, : settings.text_dimension] @ self._to_text.mT
        context = text.reshape(count, settings.context_tokens, -1)
        if settings.visual_tokens == 0:
            return Prompts(context=context)
        visual = points[:, settings.text_dimension :] @ self._to_image.mT
        return Prompts(
            context=context, visual_tokens=visual.reshape(count, settings.visual_tokens, -1)
        )


def _dimension(settings: BptVlmSettings) -> int:
    """How many numbers a search vector has."""
    visual = settings.visual_dimension if settings.visual_tokens else 0
    return settings.text_dimension + visual


def _text_projection(problem: Problem, settings: BptVlmSettings, draw: torch.Generator) -> Tensor:
    """A_L `(T D, d_L)`."""
    width = settings.context_tokens * problem.space.text_width
    spread = math.sqrt(settings.text_dimension) * settings.sigma
    normal = torch.randn(width, settings.text_dimension, generator=draw)
    return problem.space.token_embedding_std / spread * normal


def _visual_projection(problem: Problem, settings: BptVlmSettings, draw: torch.Generator) -> Tensor:
    """A_V `(V W, d_V)`; empty without visual tokens."""
    width = settings.visual_tokens * problem.space.vision_width
    ratio = settings.patch_inputs / settings.visual_dimension
    mean = problem.space.patch_weight_mean * ratio
    std = problem.space.patch_weight_std * math.sqrt(ratio) * settings.sigma
    return mean + std * torch.randn(width, settings.visual_dimension, generator=draw)


def _check_space(problem: Problem, settings: BptVlmSettings) -> None:
    check_context(settings.context_tokens, problem.space)
    if settings.visual_tokens and not problem.space.vision_width:
        raise SettingsError(
            f"this black box takes no visual tokens, but visual_tokens is "
            f"{settings.visual_tokens}. Use a ViT backbone, or set visual_tokens: 0"
        )
