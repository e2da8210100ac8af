"""A readout fitted to the scores of one prompt on training images."""

from __future__ import annotations

from methods.lazy_torch import Tensor
from methods.parts.readouts import Affine, centred_scores
from methods.parts.softmax_regression import softmax_regression, validated_strength

_FOLDS, _ONE_SHOT_STRENGTH = 5, 0.2
"""Of the cross-validation; and where no image can be left out. As `score_probe` has them."""


def fitted_readout(logits: Tensor, labels: Tensor) -> Affine:
    """Softmax regression on the logits `(1, B, C)` of a prompt, drawn to leaving them as they are.

    Its strength is chosen by cross-validation on the same images; labels are `(B,)`.
    """
    features, prior = centred_scores(logits), Affine.averaging(1, logits.shape[-1]).weights
    strength = validated_strength(features, labels, prior, _FOLDS, _ONE_SHOT_STRENGTH)
    fitted = softmax_regression(features, labels, prior, strength)
    return Affine(fitted.weights, fitted.bias)
