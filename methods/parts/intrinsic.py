"""Intrinsic parameters: the few numbers that ZIP optimises (ICLR 2025, section 3).

They form a matrix M with one row of L parameters for each of T context tokens; a projection lifts
each row to a token embedding. M may be a low-rank product or full.
"""

from __future__ import annotations

from dataclasses import dataclass

from methods.lazy_torch import Tensor, torch


@dataclass(frozen=True)
class LowRank:
    """M = U diag(s) V^T + 1 v^T.

    The flat parameter vector holds U (row-major), s, V (row-major) and v, in this order.

    Attributes:
        tokens: number of context tokens T.
        rows: intrinsic parameters per token L.
        rank: rank r of the product.
        diagonal: whether there is a diagonal s; without it M = U V^T + 1 v^T.
        shared: whether there is a vector v, shared by all tokens.
    """

    tokens: int
    rows: int
    rank: int
    diagonal: bool = True
    shared: bool = True

    @property
    def dimension(self) -> int:
        """Number of parameters N, delta in the paper."""
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
        if self.diagonal:
            left = left * scale.unsqueeze(-2)
        product = left @ right.mT
        return product + shared.unsqueeze(-2) if self.shared else product

    @property
    def _sizes(self) -> tuple[int, int, int, int]:
        scale = self.rank if self.diagonal else 0
        shared = self.rows if self.shared else 0
        return (self.tokens * self.rank, scale, self.rows * self.rank, shared)


@dataclass(frozen=True)
class FullRank:
    """M = W + 1 v^T with a free W: no low-rank constraint.

    The flat parameter vector holds W (row-major) and v.

    Attributes:
        tokens: number of context tokens T.
        rows: intrinsic parameters per token L.
        shared: whether there is a vector v, shared by all tokens.
    """

    tokens: int
    rows: int
    shared: bool = True

    @property
    def dimension(self) -> int:
        """Number of parameters N."""
        return (self.tokens + self.shared) * self.rows

    def initial(self, generator: torch.Generator) -> Tensor:
        """Zeros `(N,)`."""
        del generator
        return torch.zeros(self.dimension)

    def matrices(self, parameters: Tensor) -> Tensor:
        """M for each of K parameter vectors `(K, N)`: a `(K, T, L)` tensor."""
        rows = parameters.reshape(len(parameters), -1, self.rows)
        free = rows[:, : self.tokens]
        return free + rows[:, self.tokens :] if self.shared else free


Intrinsic = LowRank | FullRank
"""What a flat parameter vector `(N,)` stands for: a matrix M `(T, L)`, which starts from 0."""
