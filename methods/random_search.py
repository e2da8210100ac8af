"""Random search: random soft contexts, of which the best one stays.

No paper's method, but what any search of prompts has to beat.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from methods.interface import Demand, Method, Problem, Prompts, Scores, State
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import stored_parameters
from methods.parts.losses import cross_entropy, measured
from methods.parts.raw_context import RawContext, RawContextSettings
from methods.parts.seeding import generator
from methods.parts.word_start import word_tokens


class RandomSearchSettings(RawContextSettings):
    """Settings of `random_search`.

    Attributes:
        population: new contexts in each step P; a step costs P + 1 queries.
        spread: standard deviation of the contexts around the start, in standard deviations of the
            token embeddings. Chosen by results on the pocket's images, where 1 gained little.
    """

    population: int = Field(default=9, ge=1)
    spread: float = Field(default=10.0, gt=0)


class RandomSearch(Method):
    """One step: P new contexts and the best one so far on one mini-batch; the best one stays.

    x_i = start + spread sd_E z_i, z_i ~ N(0, 1)^N, i = 1 .. P

    It learns nothing of where to look: all contexts are drawn around the start. The best one so far
    is asked about anew in each step, because losses on different mini-batches can't be compared.
    """

    name = "random_search"
    version = 1
    settings_type = RandomSearchSettings

    def __init__(self, problem: Problem, settings: RandomSearchSettings) -> None:
        self._settings, self._seed = settings, problem.seed
        self._context = RawContext(problem, settings)
        self._best = self._context.start
        self._steps_done = 0

    @classmethod
    def demand(cls, problem: Problem, settings: RandomSearchSettings) -> Demand:
        tokens = word_tokens(problem, settings.words, settings.context_tokens)
        return Demand(settings.population + 1, soft_text=True, context_tokens=tokens)

    def ask(self) -> Prompts:
        return self._context.prompts(self._points())

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels)
        self._best = self._points()[int(losses.argmin())].clone()
        self._steps_done += 1
        return {**measured(losses, scores), "best_loss": float(losses.min())}

    def best_prompt(self) -> Prompts:
        return self._context.prompts(self._best.unsqueeze(0))

    def state(self) -> State:
        return State({"parameters": self._best}, {"steps_done": self._steps_done})

    def load(self, state: State) -> None:
        self._best = stored_parameters(state, self._best, self.name)
        self._steps_done = int(state.values["steps_done"])

    def _points(self) -> Tensor:
        """The best context so far and P new ones, `(1 + P, N)`; the first wins ties."""
        draw = generator(self._seed, self.name, "contexts", self._steps_done)
        size = (self._settings.population, len(self._best))
        new = torch.randn(*size, generator=draw, dtype=torch.float64)
        around = self._context.start + self._settings.spread * self._context.unit * new
        return torch.cat((self._best.unsqueeze(0), around))
