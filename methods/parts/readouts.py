"""Functions of the returned scores that are deployed with a prompt, on the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from methods.lazy_torch import Tensor, torch


def centred_scores(logits: Tensor) -> Tensor:
    """Features `(B, K C)` of the logits `(K, B, C)` of K prompts, float64.

    Of each prompt and image the mean over classes is taken off: so log-probabilities, which differ
    from logits by a constant per image, give the same.
    """
    wide = logits.double()
    return torch.cat(list(wide - wide.mean(dim=-1, keepdim=True)), dim=-1)


@dataclass(frozen=True)
class Affine:
    """y = W x + b, x being the centred scores of all K prompts side by side.

    Attributes:
        weights: `(C, K C)`, the columns of the first prompt first.
        bias: `(C,)`.
    """

    weights: Tensor
    bias: Tensor

    @classmethod
    def averaging(cls, prompts: int, classes: int) -> Affine:
        """The readout that averages the K prompts' centred scores: with one, it changes nothing."""
        identity = torch.eye(classes, dtype=torch.float64)
        return cls(identity.repeat(1, prompts) / prompts, torch.zeros(classes).double())

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Affine:
        """The readout that `tensors` was taken of."""
        return cls(tensors["readout_weights"].clone(), tensors["readout_bias"].clone())

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What a state needs to keep."""
        return {"readout_weights": self.weights, "readout_bias": self.bias}

    def __call__(self, logits: Tensor) -> Tensor:
        """Scores `(B, C)` of the logits `(K, B, C)`, in their number format and on their device."""
        weights, bias = self.weights.to(logits.device), self.bias.to(logits.device)
        return (centred_scores(logits) @ weights.T + bias).to(logits.dtype)
