"""LCS: latent context sharing, a soft context of 40 numbers (Kuwana et al., NeurIPS 2024).

From "Black-Box Forgetting": its parametrisation and its search, with the loss of a classifier in
place of that of forgetting.
"""

from __future__ import annotations

from pydantic import Field

from methods.interface import Problem, State
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import Dimension
from methods.parts.cma_es import CmaEs
from methods.parts.context_methods import ContextSearchMethod
from methods.parts.context_search import ContextSearch, ContextSearchSettings
from methods.parts.seeding import generator
from methods.parts.word_start import word_tokens


class LcsSettings(ContextSearchSettings):
    """Settings of `lcs`, on top of those that all searches of a context share.

    Attributes:
        shared_dimension: numbers that all tokens share.
        private_dimension: numbers of each token's own.
        alpha: scale of the law for the entries of A.
    """

    shared_dimension: Dimension = 20
    private_dimension: Dimension = 5
    alpha: float = Field(default=1.0, gt=0)


class JointSearch:
    """Several searches side by side, all told the same fitness.

    Individual k of the joint population is made of the k-th point of each. Every search ranks by
    what the others did as well: that is noise to it, and the price of its low dimension.

    Args:
        dimensions: numbers per point of each search.
        settings: population and sigma.
        seed: seed of the samples.
    """

    def __init__(self, dimensions: tuple[int, ...], settings: LcsSettings, seed: int) -> None:
        self._searches = []
        for place, dimension in enumerate(dimensions):
            own = generator(seed, "lcs", "search", place).initial_seed()
            self._searches.append(CmaEs(settings.population, dimension, settings.sigma, own))

    @property
    def generations(self) -> int:
        """How many generations are done."""
        return self._searches[0].generations

    @property
    def sigma(self) -> float:
        """The mean of the present step sizes."""
        return sum(search.sigma for search in self._searches) / len(self._searches)

    @property
    def mean(self) -> Tensor:
        """The centres, side by side `(N,)`."""
        return torch.cat([search.mean for search in self._searches])

    def ask(self) -> Tensor:
        """The points, side by side `(P, N)`."""
        return torch.cat([search.ask() for search in self._searches], dim=1)

    def tell(self, fitness: Tensor) -> None:
        """Takes the values `(P,)` of this generation's points; lower is better."""
        for search in self._searches:
            search.tell(fitness)

    def state(self) -> State:
        """The fitness of every generation `(G, P)`, which is the same for all."""
        return self._searches[0].state()

    def load(self, state: State) -> None:
        """Replays all searches; to be called before any `ask`."""
        for search in self._searches:
            search.load(state)


class Lcs(ContextSearchMethod):
    """One generation: P contexts, their mean cross-entropy on the same images, updates of all.

    token i = word i + A [z_s; z_i], A `(D, d_s + d_u)` ~ N(0, (alpha sd_E)^2)
    z_s, z_1, ..., z_T: a CMA-ES each, from 0, told the same fitness      (cma_es.py)

    Sizes are those of the authors' code: 4 tokens, 20 shared numbers and 5 private ones of each
    token, populations of 20, sigma 1. There, tokens start at the mean of the vocabulary's
    embeddings, which this interface does not tell; here they start at words, or at 0 if there are
    none. The code evaluates a context on the whole training set and deploys the one that did best
    on a validation set; here a generation is evaluated on one mini-batch, and the mean of the
    search is deployed.
    """

    name = "lcs"
    version = 1
    settings_type = LcsSettings

    def __init__(self, problem: Problem, settings: LcsSettings) -> None:
        tokens = word_tokens(problem, settings.words, settings.context_tokens)
        shared, private = settings.shared_dimension, settings.private_dimension
        search = JointSearch((shared, *[private] * tokens), settings, problem.seed)
        std = settings.alpha * problem.space.token_embedding_std
        draw = generator(problem.seed, "lcs", "projection")
        matrix = std * torch.randn(problem.space.text_width, shared + private, generator=draw)

        def lift(points: Tensor) -> Tensor:
            """Tokens `(K, T, D)` of points `(K, d_s + T d_u)`."""
            common = points[:, :shared] @ matrix[:, :shared].mT
            own = points[:, shared:].reshape(len(points), tokens, private) @ matrix[:, shared:].mT
            return common.unsqueeze(1) + own

        self._search = ContextSearch(problem, settings, search, lift)
