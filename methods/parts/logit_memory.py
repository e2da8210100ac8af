"""What remembered prompts and their logits say about the logits' derivatives at one of them.

All logits of a prompt are taken for one draw of a Gaussian process over points of R^N with the
rational quadratic kernel of power 1,

    k(x, x') = 1 / (1 + |x - x'|^2 / (2 l^2)),

which is a mixture of squared exponential kernels of all length scales (Rasmussen and Williams,
"Gaussian Processes for Machine Learning", 2006, section 4.2.1). The mean of its derivative at a
point weighs old and near differences by what they still tell there (section 9.4). The length scale
l is the one of a few under which what was seen is likeliest (section 5.4.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from methods.lazy_torch import Tensor, torch

_JITTER = 1e-5
"""Added to the kernel's diagonal, as noise of this share of the variance would be."""
_RANK = 1e-8
"""Directions with a smaller share of the largest spread of points are left out."""


@dataclass(frozen=True)
class Tangent:
    """The span in which derivatives are known.

    Attributes:
        directions: r orthonormal rows, `(r, N)`.
        moves: derivative of the logits along each, `(r, B, C)`.
    """

    directions: Tensor
    moves: Tensor


@dataclass(frozen=True)
class LogitMemory:
    """m points with their logits on the same B images.

    Attributes:
        points: `(m, N)`, float64.
        logits: `(m, B, C)`, float64.
    """

    points: Tensor
    logits: Tensor

    def likeliest(self, lengths: Iterable[float]) -> float:
        """The length scale with the highest likelihood of the logits, variance fitted."""
        values = self._centred
        products = values @ values.mT

        def cost(length: float) -> float:
            factor = torch.linalg.cholesky(self._covariance(length))
            fit = float((torch.cholesky_inverse(factor) * products).sum())
            return 2 * float(factor.diagonal().log().sum()) + len(values) * math.log(fit + 1e-300)

        return min(lengths, key=cost)

    def tangent(self, at: int, length: float) -> Tangent:
        """Expected derivatives of the logits at the point numbered `at`.

        They are along the differences to all other points, and 0 at right angles to these.
        """
        away = self.points - self.points[at]
        spread, rotation = torch.linalg.eigh(away @ away.mT)
        kept = spread > _RANK * spread.max()
        directions = (rotation[:, kept] / spread[kept].sqrt()).mT @ away
        covariance = self._covariance(length)
        slopes = self._kernel(length)[at].square() / length**2
        weights = torch.linalg.solve(covariance, slopes.unsqueeze(1) * (away @ directions.mT))
        moves = (weights.mT @ self._centred).reshape(-1, *self.logits.shape[1:])
        return Tangent(directions, moves)

    @cached_property
    def _centred(self) -> Tensor:
        """`(m, B C)` logits, without what a constant per image adds, less their mean."""
        seen = self.logits - self.logits.mean(dim=-1, keepdim=True)
        return (seen - seen.mean(dim=0)).flatten(1)

    @cached_property
    def _squares(self) -> Tensor:
        """`(m, m)` squared distances; products of points would lose small ones to rounding."""
        mode = "donot_use_mm_for_euclid_dist"
        squares: Tensor = torch.cdist(self.points, self.points, compute_mode=mode).square()
        return squares

    def _kernel(self, length: float) -> Tensor:
        kernel: Tensor = 1 / (1 + self._squares / (2 * length**2))
        return kernel

    def _covariance(self, length: float) -> Tensor:
        return self._kernel(length) + _JITTER * torch.eye(len(self.points), dtype=torch.float64)
