"""Softmax regression that is drawn to a given map: maximum a posteriori, strength by validation.

The more it is regularised, the closer it stays to the map that is known to work without training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from methods.lazy_torch import Tensor, torch
from methods.parts.second_moments import WIDE, second_moments

STRENGTHS: tuple[float, ...] = tuple(10.0 ** (half / 2) for half in range(2, -8, -1))
"""From the strongest to the weakest that validation tries: half decades from 10 to 0.0003."""

_PATIENCE = 2
"""Validation ends after so many strengths in a row that were worse than the best one."""

_ENOUGH = 2000
"""Images left out on which the loss is known well enough: with these, no more folds are fitted."""

_ITERATIONS = 300
_UNSEEN = 1e-12
"""Second moment, as a share of the largest, below which nothing but rounding lies on an axis."""
_CURVATURE = 0.1
"""Typical p (1 - p) of a class: scales the steps of the search, and changes no minimum."""
_FINE, _ROUGH = 1e-8, 3e-2
"""Largest slope at a minimum, in those steps: of what is deployed, and of what is validated."""
_LARGE, _FINE_IF_LARGE = 1 << 23, 3e-3
"""From N R C multiplications on, a fit takes minutes: it is in float32, and ends at this slope."""


@dataclass(frozen=True)
class AffineMap:
    """y = W x + b, of features `(N, F)` to scores `(N, C)`.

    Attributes:
        weights: `(C, F)`, float64.
        bias: `(C,)`, float64.
    """

    weights: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Scores `(N, C)` of features `(N, F)`, float64."""
        return features.double() @ self.weights.T + self.bias


def softmax_regression(
    features: Tensor, labels: Tensor, prior: Tensor, strength: float
) -> AffineMap:
    """The affine map that minimises the sum of cross-entropies and a penalty.

        sum_n CE(P x_n + V z_n + b, y_n) + strength / 2 (|V|^2 + |b|^2)

    P is the prior map, and z the features standardised over the N images and divided by sqrt(F), so
    that |z|^2 is 1 on average and a strength means the same whatever F is. As the sum grows with N
    and the penalty does not, it also means the same for a part of the images. Minimised by L-BFGS
    from V = 0 and b = 0; the problem is convex, so where that starts makes no difference.

    With N images, C classes and R independent features, problems of N R C >= 2^23 (such as 1,600
    images and 100 classes) are solved in float32 and less closely, and of more than 2,048 features
    the 1,280 axes with the largest second moments are kept (second_moments.py).

    Args:
        features: `(N, F)`.
        labels: `(N,)`, from 0 to C - 1; classes may be missing.
        prior: `(C, F)`: the map that an endless strength gives; zeros for none.
        strength: above 0.
    """
    return _Standardised(features, labels, prior).fitted(strength)


def validated_strength(
    features: Tensor, labels: Tensor, prior: Tensor, folds: int, otherwise: float
) -> float:
    """The strength of `STRENGTHS` with the lowest cross-entropy on images that were left out.

    Stratified K-fold cross-validation, with as many folds as a typical class (the median) has
    images, and at most `folds`; folds beyond the first 2,000 images left out are not fitted. The
    order of the images alone says which fold they belong to. The strengths are tried from the
    strongest on, until two in a row were worse than the best.

    Args:
        features: as in `softmax_regression`.
        labels: likewise.
        prior: likewise.
        folds: the most folds, at least 2.
        otherwise: the strength where a typical class has a single image, so that none can be left
            out.
    """
    counts = labels.bincount()
    folds = min(folds, int(counts[counts > 0].median()))
    if folds < 2:
        return otherwise
    needed = -(-_ENOUGH * folds // len(labels))
    chosen = _folds(labels, folds)[:needed]
    parts = [_Fold.of(features, labels, prior, left_out) for left_out in chosen]
    best, lowest, worse = STRENGTHS[0], math.inf, 0
    for strength in STRENGTHS:
        loss = math.fsum(part.loss(strength) for part in parts)
        if loss < lowest:
            best, lowest, worse = strength, loss, 0
        else:
            worse += 1
        if worse == _PATIENCE:
            break
    return best


class _Standardised:
    """The regression in coordinates in which few iterations are needed.

    Inputs are the standardised features and a constant, along the R eigenvectors of their second
    moments; how far a step along each of them goes is set by its eigenvalue. At the minimum the
    coefficients are 0 along axes on which no image lies, so those are left out: R is at most N, and
    at most one more than the width of the embeddings that scores were computed from. Each fit
    starts where the last one ended, on which the minimum does not depend.
    """

    def __init__(self, features: Tensor, labels: Tensor, prior: Tensor) -> None:
        # Many wide features would not fit in memory several times over in float64.
        setup = torch.float32 if features.shape[1] > WIDE else torch.float64
        features, prior = features.to(setup), prior.to(setup)
        self._prior, self._mean = prior, features.mean(dim=0)
        spread = features.std(dim=0, correction=0)
        # A feature that is the same for all images has nothing to say: it becomes 0.
        spread = torch.where(spread > 1e-9 * (1 + self._mean.abs()), spread, torch.inf)
        self._scale = 1 / (spread * len(prior.T) ** 0.5)
        standardised = (features - self._mean) * self._scale
        inputs = torch.nn.functional.pad(standardised, (0, 1), value=1.0)
        moments, axes = second_moments(inputs)
        seen = moments > _UNSEEN * moments[-1]
        self._moments, self._axes = moments[seen].double(), axes[:, seen]
        projected = inputs @ self._axes
        self._large = projected.numel() * len(prior) >= _LARGE
        working = torch.float32 if self._large else torch.float64
        self._inputs = projected.to(working)
        self._offsets = (features @ prior.T).to(working)
        self._labels = labels
        self._solution = torch.zeros(len(prior), len(self._moments)).to(self._moments)

    def fitted(self, strength: float, tolerance: float = _FINE) -> AffineMap:
        """The minimum for a strength; the lower the tolerance, the closer to it."""
        from scipy.optimize import minimize

        if self._large:
            tolerance = max(tolerance, _FINE_IF_LARGE)

        shape, pace = self._solution.shape, (_CURVATURE * self._moments + strength).rsqrt()

        def objective(flat: Any) -> tuple[float, Any]:
            steps = torch.from_numpy(flat).to(pace).reshape(shape)
            value, gradient = self._objective(steps * pace, strength)
            return float(value), (gradient * pace).cpu().numpy().ravel()

        found = minimize(
            objective,
            (self._solution / pace).cpu().numpy().ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _ITERATIONS, "gtol": tolerance, "ftol": 0.0},
        )
        self._solution = torch.from_numpy(found.x).to(pace).reshape(shape) * pace
        coefficients = self._solution.to(self._axes) @ self._axes.T
        change, bias = coefficients[:, :-1] * self._scale, coefficients[:, -1]
        weights, offsets = self._prior + change, bias - change @ self._mean
        return AffineMap(weights.double(), offsets.double())

    def _objective(self, solution: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        """Value and gradient `(C, R)` at a solution of that shape."""
        scores = self._offsets + self._inputs @ solution.to(self._inputs).T
        log_p = scores.log_softmax(dim=-1)
        value = -log_p.gather(1, self._labels[:, None]).double().sum()
        errors = log_p.exp()
        errors[torch.arange(len(errors), device=errors.device), self._labels] -= 1
        penalty = strength / 2 * solution.square().sum()
        return value + penalty, (errors.T @ self._inputs).double() + strength * solution


@dataclass(frozen=True)
class _Fold:
    """Images to fit on, and images that are left out to validate on."""

    fit: _Standardised
    features: Tensor
    labels: Tensor

    @classmethod
    def of(cls, features: Tensor, labels: Tensor, prior: Tensor, left_out: Tensor) -> _Fold:
        """The fold whose images are marked in `left_out`, `(N,)`."""
        kept = ~left_out
        fit = _Standardised(features[kept], labels[kept], prior)
        return cls(fit, features[left_out], labels[left_out])

    def loss(self, strength: float) -> float:
        """Summed cross-entropy of the images left out, in nats."""
        log_p = self.fit.fitted(strength, _ROUGH)(self.features).log_softmax(dim=-1)
        return -float(log_p.gather(1, self.labels[:, None]).sum())


def _folds(labels: Tensor, folds: int) -> Sequence[Tensor]:
    """Masks `(N,)` of the images of each fold: those of a class are dealt out one by one.

    Each class starts with another fold, so that all folds are about as large.
    """
    rank = torch.zeros_like(labels)
    for label in labels.unique():
        members = labels == label
        rank[members] = torch.arange(int(members.sum()), device=labels.device) + label
    return [rank % folds == fold for fold in range(folds)]
