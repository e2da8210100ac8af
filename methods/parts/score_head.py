"""A small residual network on class scores: CraFT's collaborative head (Wang et al., ICML 2024).

y' = y + W2 relu(W1 y + b1) + b2, trained by Adam on the client. What it sees are scores, so steps
cost no query beyond those that gave them. Its gradient is written out, in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from methods.interface import SettingsError, State
from methods.lazy_torch import Tensor, torch

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


@dataclass(frozen=True)
class Residual:
    """The network with given weights.

    Attributes:
        weights: W1 `(H, C)`, b1 `(H,)`, W2 `(C, H)`, b2 `(C,)`, float64.
    """

    weights: tuple[Tensor, Tensor, Tensor, Tensor]

    def __call__(self, scores: Tensor) -> Tensor:
        """Corrected scores of `(..., C)`, on their device and in their precision."""
        w1, b1, w2, b2 = (weight.to(scores.device) for weight in self.weights)
        wide = scores.double()
        return (wide + (wide @ w1.mT + b1).relu() @ w2.mT + b2).to(scores.dtype)

    def gradient(self, scores: Tensor, labels: Tensor, kl_weight: float) -> Tensor:
        """Gradient `(N,)` of CE(y', t) + w KL(softmax y || softmax y'), means over B images.

        Args:
            scores: y `(B, C)`, float64.
            labels: t `(B,)`.
            kl_weight: w.
        """
        w1, b1, w2, _ = self.weights
        hidden = (scores @ w1.mT + b1).relu()
        wanted = torch.nn.functional.one_hot(labels, scores.shape[-1]) + kl_weight * scores.softmax(
            -1
        )
        off = ((1 + kl_weight) * self(scores).softmax(-1) - wanted) / len(scores)
        back = (off @ w2) * (hidden > 0)
        parts = (back.mT @ scores, back.sum(dim=0), off.mT @ hidden, off.sum(dim=0))
        return torch.cat([part.flatten() for part in parts])


@dataclass(frozen=True)
class DeployedHead:
    """The network as a readout of one prompt's scores."""

    network: Residual

    def __call__(self, logits: Tensor) -> Tensor:
        """Corrected scores `(B, C)` of the logits `(1, B, C)`."""
        return self.network(logits[0])


class ScoreHead:
    """The network with the memory of its optimiser.

    Args:
        classes: number of classes C.
        hidden: width of the hidden layer H.
        rate: Adam's step size.
        start: `random` weights as PyTorch draws them; or `identity`, with W2 = 0 and b2 = 0: the
            untrained network changes nothing.
        draw: where random weights are drawn from.
    """

    def __init__(
        self,
        classes: int,
        hidden: int,
        rate: float,
        start: Literal["identity", "random"],
        draw: torch.Generator,
    ) -> None:
        self._shapes = ((hidden, classes), (hidden,), (classes, hidden), (classes,))
        first = _uniform(self._shapes[:2], classes, draw)
        last = _uniform(self._shapes[2:], hidden, draw)
        self._parameters = torch.cat((first, last if start == "random" else torch.zeros_like(last)))
        self._moments = torch.zeros(2, len(self._parameters), dtype=torch.float64)
        self._rate, self._steps = rate, 0

    @property
    def network(self) -> Residual:
        """The network as it stands; later steps don't change it."""
        pieces = self._parameters.split([math.prod(shape) for shape in self._shapes])
        w1, b1, w2, b2 = (p.reshape(s) for p, s in zip(pieces, self._shapes, strict=True))
        return Residual((w1, b1, w2, b2))

    def step(self, scores: Tensor, labels: Tensor, kl_weight: float) -> None:
        """One step of Adam (Kingma and Ba, 2015, algorithm 1) on B images.

        Args:
            scores: `(B, C)` of the prompt.
            labels: `(B,)`.
            kl_weight: how strongly the network is held to the prompt's own probabilities.
        """
        gradient = self.network.gradient(scores.double().cpu(), labels.cpu(), kl_weight)
        self._steps += 1
        first = _BETAS[0] * self._moments[0] + (1 - _BETAS[0]) * gradient
        second = _BETAS[1] * self._moments[1] + (1 - _BETAS[1]) * gradient.square()
        self._moments = torch.stack((first, second))
        mean = first / (1 - _BETAS[0] ** self._steps)
        spread = (second / (1 - _BETAS[1] ** self._steps)).sqrt()
        self._parameters = self._parameters - self._rate * mean / (spread + _EPSILON)

    def state(self) -> State:
        """Weights `(N,)`, Adam's moments `(2, N)` and its number of steps."""
        tensors = {"head": self._parameters, "head_moments": self._moments}
        return State(tensors, {"head_steps": self._steps})

    def load(self, state: State) -> None:
        """Goes on from `state`.

        Raises:
            SettingsError: the stored head is for other numbers of classes or of hidden units.
        """
        stored = state.tensors["head"]
        if stored.shape != self._parameters.shape:
            raise SettingsError(
                f"the stored head has {len(stored)} weights, but these classes and settings need "
                f"{len(self._parameters)}: a head serves only the classes that it was trained on"
            )
        self._parameters = stored.clone()
        self._moments = state.tensors["head_moments"].clone()
        self._steps = int(state.values["head_steps"])


def _uniform(shapes: Sequence[tuple[int, ...]], inputs: int, draw: torch.Generator) -> Tensor:
    """PyTorch's default for a linear layer, flat: U(-b, b) with b = 1 / sqrt(inputs)."""
    count = sum(math.prod(shape) for shape in shapes)
    drawn = torch.rand(count, generator=draw, dtype=torch.float64)
    return (2 * drawn - 1) / math.sqrt(inputs)
