"""BBT: black-box tuning of the soft context by CMA-ES, on CLIP (Sun et al., ICML 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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
from methods.parts.context_search import ProjectedSettings, projected_search
from methods.parts.losses import cross_entropy, measured
from methods.parts.word_start import word_tokens


class BbtSettings(ProjectedSettings):
    """Settings of `bbt`; see `ProjectedSettings` and `ContextSearchSettings`."""


class Bbt(Method):
    """One generation: P contexts, their mean cross-entropy on the same images, an update of all.

    context = words + A z, A ~ N(0, (alpha sd_E / (sqrt(d) sigma))^2)      (context_search.py)
    z ~ CMA-ES, from 0                                                    (cma_es.py)

    The law of A is that of BBT's paper, section 3, where alpha is 1. Start, sizes, and how contexts
    are evaluated and deployed are choices of our own, one for all datasets and for some hundreds of
    queries as well as thousands. A generation is evaluated on a single mini-batch, so that 500
    queries are 50 of them, however many images there are. The mean of the search is deployed,
    because a context that was best on one mini-batch was so by chance. With alpha 1, accuracy was 3
    points lower than with 8 after 100 and 500 queries on two pocket sets (populations of 20, seeds
    11 and 12); from 8 to 50 it changed little. 512 numbers were no better than 128. BBT's own code
    has 500 numbers for 50 tokens of a language model, and populations of 20.

    `bbt@craft` is what papers on CLIP mean by BBT: the prompt part of CraFT's code (ICML 2024).
    Fitness is that of the whole training set in every evaluation, in one augmented view that never
    changes. With 16 shots and queries of 128 images a generation of 40 thus costs 80 queries for
    10 classes, 520 for 100, and 5,000 for 1,000. Their 200 generations cost 16,000 and 104,000
    queries for 10 and 100 classes; this one goes on until the budget ends. Some of it is peculiar:

    - After each update a population is drawn whose mean is deployed, not the mean of the search.
      There it is thrown away then; here it is the next generation, which has the same law.
    - A's entries have the standard deviation 0.2, not BBT's law: the first generation moves each
      number of the context by 4.5 (root mean square), hundreds of times the size of a word's.
    - There, sigma is 0.02 for Pets, DTD, EuroSAT and Aircraft, else 1; the standard deviation is 1
      for DTD, EuroSAT and ImageNet, else 0.2; ImageNet, Food and Aircraft have no bound, and
      ImageNet deploys the context with the best fitness. Here all have what most have.
    """

    name = "bbt"
    version = 1
    settings_type = BbtSettings
    variants: ClassVar[Variants] = {
        "craft": {
            "population": 40,
            "dimension": 512,
            "projection_std": 0.2,
            "alpha": 1.0,
            "bound": 5.0,
            "fitness_images": "whole_set",
            "fitness_batches": None,
            "best": "population_mean",
        },
    }

    def __init__(self, problem: Problem, settings: BbtSettings) -> None:
        self._search = projected_search(problem, settings)

    @classmethod
    def demand(cls, problem: Problem, settings: BbtSettings) -> Demand:
        word_tokens(problem, settings.words, settings.context_tokens)
        return Demand(settings.population, soft_text=True)

    @classmethod
    def step_queries(cls, settings: BbtSettings, demand: Demand, size: TrainingSize) -> int:
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
