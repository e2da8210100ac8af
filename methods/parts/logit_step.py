"""A Gauss-Newton step of all logits, from what is remembered of earlier prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from methods.lazy_torch import Tensor
from methods.parts.logit_memory import LogitMemory
from methods.parts.logit_span import LogitSpan

LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Length scales that the memory's kernel is chosen from."""


@dataclass(frozen=True)
class LogitStep:
    """Where the linearised logits have their lowest cross-entropy, about as far away as a radius.

    Attributes:
        move: `(N,)`.
        length: the kernel's length scale.
        predicted: by how much the cross-entropy falls if the logits are linear, in nats.
    """

    move: Tensor
    length: float
    predicted: float

    @classmethod
    def of(cls, memory: LogitMemory, labels: Tensor, at: int, radius: float) -> Self:
        """The step from the point numbered `at`.

        The damping is that at which the first Newton step is as long as the radius.
        """
        length = memory.likeliest(LENGTHS)
        tangent = memory.tangent(at, length)
        span = LogitSpan(memory.logits[at], tangent.moves, labels)
        minimum = span.minimum(span.damping(radius))
        move = minimum.coefficients @ tangent.directions
        return cls(move, length, minimum.before - minimum.loss)
