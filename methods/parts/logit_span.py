"""Softmax regression in the span of known changes of the logits: a convex problem in q numbers.

If a prompt's logits on B images are Z, and moving along direction k changes them by D_k, then to
first order the loss at any combination of the directions is known without another query:

    f(a) = mean_i CE(Z_i + sum_k a_k D_ki, y_i) + damping / 2 |a|^2

It is convex in a `(q,)`. Its Hessian is the Gauss-Newton matrix (mean over the images of
D^T (diag(p) - p p^T) D, with p the predicted probabilities), so that a few damped Newton steps of
q^2 B C multiplications each find the minimum. Everything is computed in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

from methods.lazy_torch import Tensor, torch

_NEWTON_STEPS = 3
_HALVINGS = 10
_ENOUGH = 1e-4
"""The share of the decrease that the slope promises, with which a step is accepted (Armijo)."""
_TINY = 1e-12


@dataclass(frozen=True)
class Minimum:
    """Where the damped loss in the span is lowest, as far as it was searched.

    Attributes:
        coefficients: a, `(q,)`.
        before: cross-entropy at a = 0, in nats.
        loss: cross-entropy there, in nats, without the damping's part; never above `before`.
    """

    coefficients: Tensor
    before: float
    loss: float


@dataclass(frozen=True)
class LogitSpan:
    """The loss of B images as a function of q coefficients.

    Attributes:
        base: logits Z `(B, C)`, float64.
        moves: changes D `(q, B, C)`, float64.
        labels: true classes `(B,)`.
    """

    base: Tensor
    moves: Tensor
    labels: Tensor

    def minimum(self, damping: float, steps: int = _NEWTON_STEPS) -> Minimum:
        """The minimum by at most `steps` Newton steps from 0, each halved until the loss falls."""
        a = torch.zeros(len(self.moves), dtype=torch.float64)
        before = loss = self.loss(a)
        for _ in range(steps):
            gradient, hessian = self.derivatives(a)
            gradient = gradient + damping * a
            eye = torch.eye(len(a), dtype=torch.float64)
            step = -torch.linalg.solve(hessian + (damping + _TINY) * eye, gradient)
            slope = float(gradient @ step)
            value = loss + damping / 2 * float(a @ a)
            for halving in range(_HALVINGS):
                tried = a + step * 0.5**halving
                cross_entropy = self.loss(tried)
                lower = cross_entropy + damping / 2 * float(tried @ tried)
                if lower <= value + _ENOUGH * slope * 0.5**halving:
                    a, loss = tried, cross_entropy
                    break
            else:
                break
        return Minimum(a, before, loss)

    def damping(self, length: float) -> float:
        """The damping at which the first Newton step has a length |a|; 0 if none is so long.

        By bisection on its logarithm, with the eigenvalues of the Hessian at 0.
        """
        gradient, hessian = self.derivatives(torch.zeros(len(self.moves), dtype=torch.float64))
        values, vectors = torch.linalg.eigh(hessian)
        values, squares = values.clamp_min(0), (vectors.mT @ gradient).square()

        def longer(damping: float) -> bool:
            return float((squares / (values + damping).square()).sum()) > length**2

        low, high = 1e-9, 1e9
        if not longer(low):
            return 0.0
        for _ in range(60):
            middle = (low * high) ** 0.5
            low, high = (middle, high) if longer(middle) else (low, middle)
        return high

    def loss(self, a: Tensor) -> float:
        """Mean cross-entropy at coefficients `(q,)`, in nats."""
        return -float(self._log_probabilities(a).gather(1, self.labels.unsqueeze(1)).mean())

    def derivatives(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient `(q,)` and Hessian `(q, q)` of the mean cross-entropy."""
        images, classes = self.base.shape
        p = self._log_probabilities(a).exp()
        flat = self.moves.flatten(1)
        errors = p - torch.nn.functional.one_hot(self.labels, classes)
        weighted = self.moves * p
        means = weighted.sum(dim=-1)
        hessian = weighted.flatten(1) @ flat.mT - means @ means.mT
        return flat @ errors.flatten() / images, hessian / images

    def _log_probabilities(self, a: Tensor) -> Tensor:
        changed = (a @ self.moves.flatten(1)).reshape(self.base.shape)
        return (self.base + changed).log_softmax(dim=-1)
