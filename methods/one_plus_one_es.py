"""One-plus-one ES: random changes of a soft context, kept when they help (Rechenberg, 1973)."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

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
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import stored_parameters
from methods.parts.losses import cross_entropy, measured
from methods.parts.raw_context import RawContext, RawContextSettings
from methods.parts.seeding import generator
from methods.parts.word_start import word_tokens


class OnePlusOneEsSettings(RawContextSettings):
    """Settings of `one_plus_one_es`.

    Attributes:
        sigma: standard deviation of a change at the start, in standard deviations of the token
            embeddings.
        growth: factor on sigma after a change that helped; above 1.
        success_rate: share of changes that help at which sigma stays as it is; 1/5 is the rule's.
        batch_children: children that are compared on one mini-batch, one after the other. Their
            parent's loss on it is asked for once, so 10 children cost 11 queries; 1 takes a new
            mini-batch for every child, and 2 queries.
    """

    sigma: float = Field(default=1.0, gt=0)
    growth: float = Field(default=1.5, gt=1)
    success_rate: float = Field(default=0.2, gt=0, lt=1)
    batch_children: int = Field(default=10, ge=1)


class OnePlusOneEs(Method):
    """One step: a child is asked about on the mini-batch on which its parent's loss is known.

    y = x + sigma sd_E z, z ~ N(0, 1)^N                      the child
    if L(y) <= L(x):  x = y, sigma <- sigma growth
    otherwise:        sigma <- sigma growth^(-p / (1 - p)), p = success_rate

    In the mean, the logarithm of sigma stays as it is where a share p of all changes helps: the 1/5
    success rule of Rechenberg (1973), in the form of Kern et al. (Natural Computing 3, 2004), which
    adapts sigma after every child; their growth by 1.5 is the default here. On each new mini-batch
    the parent is asked about anew, right after the first child, because losses on different images
    can't be compared.

    All N = T D numbers of the context are changed, without re-parameterisation. The defaults of
    sigma and batch_children were chosen by results on the pocket's images.
    """

    name = "one_plus_one_es"
    version = 1
    settings_type = OnePlusOneEsSettings

    def __init__(self, problem: Problem, settings: OnePlusOneEsSettings) -> None:
        self._settings, self._seed = settings, problem.seed
        self._context = RawContext(problem, settings)
        self._parent = self._context.start
        self._sigma = settings.sigma
        self._children = 0
        self._asks = 0
        self._first_child_loss = 0.0
        self._parent_loss = 0.0

    @classmethod
    def demand(cls, problem: Problem, settings: OnePlusOneEsSettings) -> Demand:
        tokens = word_tokens(problem, settings.words, settings.context_tokens)
        return Demand(1, soft_text=True, context_tokens=tokens)

    @classmethod
    def step_queries(
        cls, settings: OnePlusOneEsSettings, demand: Demand, size: TrainingSize
    ) -> int:
        """2: those of the first child and of its parent."""
        del settings, demand, size
        return 2

    def ask(self) -> Prompts:
        point = self._parent if self._asks == 1 else self._child()
        return self._context.prompts(point.unsqueeze(0))

    def images(self) -> ImageChoice:
        return "next" if self._asks == 0 else "same"

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels)
        loss = float(losses[0])
        if self._asks == 0:
            self._first_child_loss = loss
        elif self._asks == 1:
            self._parent_loss = loss
            self._select(self._first_child_loss)
        else:
            self._select(loss)
        self._asks = (self._asks + 1) % (self._settings.batch_children + 1)
        return {**measured(losses, scores), "search_sigma": self._sigma}

    def best_prompt(self) -> Prompts:
        return self._context.prompts(self._parent.unsqueeze(0))

    def state(self) -> State:
        numbers = {
            "sigma": self._sigma,
            "children": self._children,
            "asks": self._asks,
            "first_child_loss": self._first_child_loss,
            "parent_loss": self._parent_loss,
        }
        return State({"parameters": self._parent}, numbers)

    def load(self, state: State) -> None:
        self._parent = stored_parameters(state, self._parent, self.name)
        self._sigma = float(state.values["sigma"])
        self._children = int(state.values["children"])
        self._asks = int(state.values["asks"])
        self._first_child_loss = float(state.values["first_child_loss"])
        self._parent_loss = float(state.values["parent_loss"])

    def _child(self) -> Tensor:
        draw = generator(self._seed, self.name, "child", self._children)
        change = torch.randn(len(self._parent), generator=draw, dtype=torch.float64)
        return self._parent + self._sigma * self._context.unit * change

    def _select(self, loss: float) -> None:
        """Keeps the better one of parent and present child, of whom that is the loss."""
        growth, rate = self._settings.growth, self._settings.success_rate
        if loss <= self._parent_loss:
            self._parent, self._parent_loss = self._child(), loss
            self._sigma *= growth
        else:
            self._sigma *= growth ** (-rate / (1 - rate))
        self._children += 1
