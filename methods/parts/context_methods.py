"""What methods share whose every step is one of a search, or of a descent, of a soft context.

They differ in settings and in what they are built of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from methods.interface import (
    Demand,
    ImageChoice,
    Method,
    Problem,
    Prompts,
    Scores,
    State,
    TrainingSize,
)
from methods.parts.context_descent import ContextDescent
from methods.parts.context_search import ContextSearch, ContextSearchSettings
from methods.parts.losses import cross_entropy, measured
from methods.parts.word_start import word_tokens


class ContextSearchMethod(Method):
    """A method that asks whole generations of contexts, and ranks them by mean cross-entropy.

    Its `__init__` sets `_search`.
    """

    _search: ContextSearch

    @classmethod
    def demand(cls, problem: Problem, settings: Any) -> Demand:
        tokens = word_tokens(problem, settings.words, settings.context_tokens)
        return Demand(settings.population, soft_text=True, context_tokens=tokens)

    @classmethod
    def step_queries(
        cls, settings: ContextSearchSettings, demand: Demand, size: TrainingSize
    ) -> int:
        """Those of a generation: every context on every mini-batch."""
        return demand.candidates * settings.batches(size)

    def ask(self) -> Prompts:
        return Prompts(context=self._search.ask())

    def images(self) -> ImageChoice:
        return self._search.images()

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels)
        self._search.tell(losses)
        return {**measured(losses, scores), "search_sigma": self._search.sigma}

    def best_prompt(self) -> Prompts:
        return Prompts(context=self._search.deployed())

    def state(self) -> State:
        return self._search.state()

    def load(self, state: State) -> None:
        self._search.load(state)


class ContextDescentMethod(Method):
    """A method that asks the 2q contexts of a two-sided estimate, and steps against it.

    Its `__init__` sets `_descent`; its settings have `pairs` q beside those of `RawContext`.
    """

    _descent: ContextDescent

    @classmethod
    def demand(cls, problem: Problem, settings: Any) -> Demand:
        tokens = word_tokens(problem, settings.words, settings.context_tokens)
        return Demand(2 * settings.pairs, soft_text=True, context_tokens=tokens)

    def ask(self) -> Prompts:
        return self._descent.ask()

    def tell(self, scores: Scores) -> Mapping[str, float]:
        return self._descent.tell(scores)

    def best_prompt(self) -> Prompts:
        return self._descent.best_prompt()

    def state(self) -> State:
        return self._descent.state()

    def load(self, state: State) -> None:
        self._descent.load(state)
