"""Evolution of a soft context: points of a small space, lifted to token embeddings.

Black-Box Tuning (Sun et al., ICML 2022), section 3: context = start + A z, with a fixed random A.
What methods of this kind share; they differ in A and in the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from pydantic import Field, model_validator

from methods.interface import ImageChoice, Named, Problem, Settings, State, TrainingSize
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import Dimension
from methods.parts.cma_es import cma_es
from methods.parts.generation import Generation
from methods.parts.projections import bbt_std
from methods.parts.seeding import generator
from methods.parts.word_start import word_start, word_tokens


class ContextSearchSettings(Settings):
    """Settings that all searches of a context share.

    Attributes:
        words: the context starts from their token embeddings; empty for a start at 0.
        context_tokens: soft context tokens before the class name; None takes as many as `words`
            has. More than that stand before the words and start at 0.
        population: contexts per generation P.
        sigma: standard deviation of the search at the start.
        fitness_images: what a generation is evaluated on: the `next` mini-batches of the stream, or
            the `whole_set` in one augmented view that is always the same.
        fitness_batches: mini-batches per generation, if they are the `next` ones; None for one pass
            of the training data. All contexts of a generation are evaluated on the same ones.
        best: which context is deployed: the `mean` of the search; or the `population_mean`, that of
            the P points that come next; or the one with the lowest `fitness` so far, which is
            chance where fitness is noisy.
    """

    words: str = "a photo of a"
    context_tokens: int | None = Field(default=None, ge=1)
    population: int = Field(default=20, ge=2)
    sigma: float = Field(default=1.0, gt=0)
    fitness_images: Literal["next", "whole_set"] = "next"
    fitness_batches: int | None = Field(default=1, ge=1)
    best: Literal["mean", "population_mean", "fitness"] = "mean"

    @model_validator(mode="after")
    def _one_choice_of_images(self) -> ContextSearchSettings:
        if self.fitness_images == "whole_set" and self.fitness_batches is not None:
            raise ValueError(
                "fitness_batches must be null if fitness_images is whole_set, "
                f"but got {self.fitness_batches}"
            )
        return self

    def batches(self, size: TrainingSize) -> int:
        """Queries that the fitness of one context costs."""
        if self.fitness_images == "whole_set":
            return size.whole_set
        return self.fitness_batches or size.batches_per_epoch


class ProjectedSettings(ContextSearchSettings):
    """Settings of a search that one random matrix lifts to all tokens.

    Attributes:
        dimension: numbers per point d.
        projection_std: standard deviation of the entries of A; None for BBT's law.
        alpha: factor that they are multiplied by.
        bound: no number of a point is above this or below its negative; None for no such limit.
    """

    population: int = Field(default=10, ge=2)
    dimension: Dimension = 128
    projection_std: float | None = Field(default=None, gt=0)
    alpha: float = Field(default=5.0, gt=0)
    bound: float | None = Field(default=None, gt=0)


CRAFT_SEARCH: Mapping[str, Any] = {
    "population": 40,
    "dimension": 512,
    "projection_std": 0.2,
    "alpha": 1.0,
    "bound": 5.0,
    "fitness_images": "whole_set",
    "fitness_batches": None,
    "best": "population_mean",
}
"""The search of CraFT's code (ICML 2024), which papers on CLIP mean by BBT."""


class Search(Protocol):
    """A search that proposes whole generations, such as `CmaEs`."""

    @property
    def generations(self) -> int:
        """How many generations are done."""

    @property
    def sigma(self) -> float:
        """The present step size."""

    @property
    def mean(self) -> Tensor:
        """The centre `(N,)` of the sampled distribution."""

    def ask(self) -> Tensor:
        """The points `(P, N)` of this generation; the same until `tell` is called."""

    def tell(self, fitness: Tensor) -> None:
        """Takes the values `(P,)` of this generation's points; lower is better."""

    def state(self) -> State:
        """All that `load` needs."""

    def load(self, state: State) -> None:
        """Goes on from `state`; to be called before any `ask`."""


class ContextSearch:
    """Asks contexts generation by generation, and gathers their fitness.

    Args:
        problem: what is to be solved.
        settings: of the search.
        search: proposes points `(P, N)`.
        lift: makes contexts `(K, T D)`, or of a shape like it, of points `(K, N)`, float32; they
            are added to the start.

    Raises:
        SettingsError: the settings can't work on this problem.
    """

    def __init__(
        self,
        problem: Problem,
        settings: ContextSearchSettings,
        search: Search,
        lift: Callable[[Tensor], Tensor],
    ) -> None:
        self._settings, self._search, self._lift = settings, search, lift
        self._start = word_start(problem, settings.words, settings.context_tokens)
        self._chunks: tuple[tuple[int, ...], ...] = ()
        weights = [1] * (settings.fitness_batches or problem.batches_per_epoch)
        if settings.fitness_images == "whole_set":
            self._chunks = problem.whole_set()
            weights = [len(chunk) for chunk in self._chunks]
        self._generation = Generation(settings.population, weights)
        self._best: Tensor | None = None
        self._best_fitness = math.inf

    @property
    def generations(self) -> int:
        """How many generations are done."""
        return self._search.generations

    @property
    def sigma(self) -> float:
        """The present step size."""
        return self._search.sigma

    def ask(self) -> Tensor:
        """The contexts `(P, T, D)` of this generation."""
        return self._contexts(self._search.ask())

    def images(self) -> ImageChoice:
        """What they are evaluated on next."""
        if self._chunks:
            return Named(self._chunks[self._generation.batches], view=0)
        return "next"

    def tell(self, losses: Tensor) -> bool:
        """Takes their losses `(P,)` on one mini-batch; whether that ended the generation."""
        self._generation.add(losses.double().cpu())
        if not self._generation.pass_done:
            return False
        fitness = self._generation.end_pass()
        assert fitness is not None, "all points of a generation are evaluated together"
        self._keep_best(fitness)
        self._search.tell(fitness)
        self._generation.begin()
        return True

    def deployed(self) -> Tensor:
        """The context `(1, T, D)` to deploy; the start before a generation is done."""
        return self._contexts(self._chosen().unsqueeze(0))

    def state(self) -> State:
        """The state of search and generation, and the best point `(N,)` if it is deployed."""
        search, generation = self._search.state(), self._generation.state()
        best = {} if self._best is None else {"best": self._best}
        fitness = {} if self._best is None else {"best_fitness": self._best_fitness}
        return State(
            {**search.tensors, **generation.tensors, **best},
            {**search.values, **generation.values, **fitness},
        )

    def load(self, state: State) -> None:
        """Goes on from `state`; to be called before any `ask`."""
        self._search.load(state)
        self._generation.load(state)
        if "best" in state.tensors:
            self._best = state.tensors["best"].clone()
            self._best_fitness = float(state.values["best_fitness"])

    def _chosen(self) -> Tensor:
        """The point `(N,)` to deploy."""
        if self._settings.best == "fitness" and self._best is not None:
            return self._best
        if self._settings.best == "population_mean" and self.generations:
            return self._search.ask().mean(dim=0)
        return self._search.mean

    def _keep_best(self, fitness: Tensor) -> None:
        lowest = int(fitness.argmin())
        if self._settings.best == "fitness" and float(fitness[lowest]) < self._best_fitness:
            self._best = self._search.ask()[lowest].clone()
            self._best_fitness = float(fitness[lowest])

    def _contexts(self, points: Tensor) -> Tensor:
        return self._start + self._lift(points.float()).reshape(len(points), *self._start.shape)


def projected_search(problem: Problem, settings: ProjectedSettings) -> ContextSearch:
    """CMA-ES on z, context = start + A z.

    A is T D x d, with entries ~ N(0, (alpha sd_E / (sqrt(d) sigma))^2) by BBT's law, sd_E being the
    standard deviation of the token embeddings: so the points of the first generation move each
    number of the context by alpha sd_E (root mean square), whatever d and sigma.

    Raises:
        SettingsError: the settings can't work on this problem.
    """
    dimension, sigma = settings.dimension, settings.sigma
    search = cma_es(settings.population, dimension, sigma, problem.seed, settings.bound)
    law = bbt_std(problem.space.token_embedding_std, dimension, sigma)
    std = settings.projection_std or law
    width = word_tokens(problem, settings.words, settings.context_tokens)
    width *= problem.space.text_width
    draw = generator(problem.seed, "context_search", "projection")
    matrix = settings.alpha * std * torch.randn(width, dimension, generator=draw)
    return ContextSearch(problem, settings, search, lambda points: points @ matrix.mT)
