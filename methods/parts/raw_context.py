"""A soft context searched as it is: all its numbers in one vector, without re-parameterisation."""

from __future__ import annotations

from pydantic import Field

from methods.interface import Problem, Prompts, Settings
from methods.lazy_torch import Tensor
from methods.parts.word_start import word_start


class RawContextSettings(Settings):
    """Settings of methods that search a raw soft context.

    Attributes:
        words: the context starts from their token embeddings; empty for a start at 0.
        context_tokens: soft context tokens T before the class name; None takes as many as `words`
            has. More than that stand before the words and start at 0.
    """

    words: str = "a photo of a"
    context_tokens: int | None = Field(default=None, ge=1)


class RawContext:
    """The N = T D numbers of a soft context.

    Attributes:
        start: where the search begins, `(N,)`, float64.
        unit: standard deviation of the token embeddings, in which methods give distances.

    Raises:
        SettingsError: the words or the tokens don't fit.
    """

    def __init__(self, problem: Problem, settings: RawContextSettings) -> None:
        start = word_start(problem, settings.words, settings.context_tokens)
        self.start: Tensor = start.double().flatten()
        self.unit = problem.space.token_embedding_std
        self._shape = start.shape

    def prompts(self, points: Tensor) -> Prompts:
        """K prompts of points `(K, N)`."""
        return Prompts(context=points.float().reshape(-1, *self._shape))
