"""Low-rank intrinsic parameters with a shared vector (ZIP, ICLR 2025, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LowRank:
    """M = U diag(s) V^T + 1 v^T: one row of L intrinsic parameters for each of T context tokens.

    The flat parameter vector holds U (row-major), s, V (row-major) and v, in this order.

    Attributes:
        tokens: number of context tokens T.
        rows: intrinsic parameters L of a token.
        rank: rank r of the product.
    """

    tokens: int
    rows: int
    rank: int

    @property
    def dimension(self) -> int:
        """Number of parameters, delta in the paper."""
        return sum(self._sizes)

    def initial(self, generator: torch.Generator) -> Tensor:
        """Start values `(N,)`: U = 0, s = 1, V ~ N(0, 1), v = 0, so that M = 0."""
        left, scale, right, shared = self._sizes
        return torch.cat(
            [
                torch.zeros(left),
                torch.ones(scale),
                torch.randn(right, generator=generator),
                torch.zeros(shared),
            ]
        )

    def matrices(self, parameters: Tensor) -> Tensor:
        """M for each of K parameter vectors `(K, N)`: a `(K, T, L)` tensor."""
        left, scale, right, shared = torch.split_with_sizes(parameters, self._sizes, dim=-1)
        left = left.reshape(-1, self.tokens, self.rank)
        right = right.reshape(-1, self.rows, self.rank)
        return (left * scale.unsqueeze(-2)) @ right.mT + shared.unsqueeze(-2)

    @property
    def _sizes(self) -> tuple[int, int, int, int]:
        return (self.tokens * self.rank, self.rank, self.rows * self.rank, self.rows)
