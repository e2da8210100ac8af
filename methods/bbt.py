"""BBT: black-box tuning of the soft context by CMA-ES, on CLIP (Sun et al., ICML 2022)."""

from __future__ import annotations

from typing import ClassVar

from methods.interface import Problem, Variants
from methods.parts.context_methods import ContextSearchMethod
from methods.parts.context_search import CRAFT_SEARCH, ProjectedSettings, projected_search


class BbtSettings(ProjectedSettings):
    """Settings of `bbt`; see `ProjectedSettings` and `ContextSearchSettings`."""


class Bbt(ContextSearchMethod):
    """One generation: P contexts, their mean cross-entropy on the same images, an update of all.

    context = words + A z, A ~ N(0, (alpha sd_E / (sqrt(d) sigma))^2)      (context_search.py)
    z ~ CMA-ES, from 0                                                    (cma_es.py)

    The law of A is that of BBT's paper, section 3, where alpha is 1. Start, sizes, and how contexts
    are evaluated and deployed are choices of our own, one for all datasets and for some hundreds of
    queries as well as thousands. A generation is evaluated on a single mini-batch, so that 500
    queries are 50 of them, however many images there are. The mean of the search is deployed,
    because a context that was best on one mini-batch was so by chance. BBT's own code has 500
    numbers for 50 tokens of a language model, and populations of 20.

    The sizes were chosen by results on two pocket sets with seeds 11 and 12, so what was seen there
    explains the choice and is no evidence for it: with populations of 20, accuracy after 100 and
    500 queries was 3 points lower with alpha 1 than with 8, and changed little from 8 to 50; 512
    numbers were no better than 128.

    `bbt@craft` is what papers on CLIP mean by BBT: the prompt part of CraFT's code (ICML 2024).
    Fitness is that of the whole training set in every evaluation, in one augmented view that never
    changes. With 16 shots and queries of 128 images a generation of 40 thus costs 80 queries for
    10 classes, 520 for 100, and 5,000 for 1,000. Their 200 generations cost 16,000 and 104,000
    queries for 10 and 100 classes; here the search goes on until the budget ends. What is unusual:

    - After each update a population is drawn, and its mean is deployed, not that of the search. The
      code then throws the population away; here it is the next generation: its law is the same.
    - A's entries have the standard deviation 0.2, not BBT's law: the first generation moves each
      number of the context by 4.5 (root mean square), hundreds of times the size of a word's.
    - There, sigma is 0.02 for Pets, DTD, EuroSAT and Aircraft, else 1; the standard deviation is 1
      for DTD, EuroSAT and ImageNet, else 0.2; ImageNet, Food and Aircraft have no bound, and
      ImageNet deploys the context with the best fitness. Here all have what most have.
    """

    name = "bbt"
    version = 1
    settings_type = BbtSettings
    variants: ClassVar[Variants] = {"craft": CRAFT_SEARCH}

    def __init__(self, problem: Problem, settings: BbtSettings) -> None:
        self._search = projected_search(problem, settings)
