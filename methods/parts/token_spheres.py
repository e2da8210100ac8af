"""Soft contexts whose tokens all have one length: points of a product of spheres."""

from __future__ import annotations

import math
from dataclasses import dataclass

from methods.interface import Problem, Prompts
from methods.lazy_torch import Tensor, torch


@dataclass(frozen=True)
class TokenSpheres:
    """Contexts of T tokens as points of norm 1, with tokens of length sqrt(1 / T).

    Attributes:
        tokens: T.
        length: of a token of the context, in the black box's units.
    """

    tokens: int
    length: float

    def project(self, points: Tensor) -> Tensor:
        """The nearest such points `(K, T D)` to any points `(K, T D)`."""
        tokens = points.reshape(len(points), self.tokens, -1)
        lengths = tokens.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        projected: Tensor = tokens / (lengths * math.sqrt(self.tokens))
        return projected.flatten(1)

    def prompts(self, points: Tensor) -> Prompts:
        """The contexts `(K, T, D)` of points `(K, T D)`, float32."""
        context = (self.length * math.sqrt(self.tokens) * points).float()
        return Prompts(context=context.reshape(len(points), self.tokens, -1))

    def starts(self, problem: Problem, words: str, count: int, draw: torch.Generator) -> Tensor:
        """Points `(count, T D)`: the last T tokens of words, if they have so many; others random.

        The first is random too if the black box tells no words' embeddings.
        """
        width = problem.space.text_width
        starts = torch.randn(count, self.tokens, width, generator=draw, dtype=torch.float64)
        if problem.words is not None and problem.words.count(words) >= self.tokens:
            starts[0] = problem.word_context(words)[-self.tokens :].double()
        return self.project(starts.flatten(1))
