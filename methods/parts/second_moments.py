"""Axes on which the inputs of a regression lie, with their second moments along each."""

from __future__ import annotations

from methods.lazy_torch import Tensor, torch
from methods.parts.seeding import generator

WIDE = 2048
"""Inputs with more features than this are summed up by their leading axes."""
_AXES = 1280
"""How many: a little more than the widest embeddings from which CLIP computes scores."""


def second_moments(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues `(R,)`, ascending, and eigenvectors `(F, R)` of the moments X^T X of X `(N, F)`.

    All F of them, or of more than 2,048 features the 1,280 leading ones. These are found by a
    random projection with one power iteration (Halko, Martinsson and Tropp, "Finding structure with
    randomness", SIAM Review 2011, algorithm 4.4), exactly if the inputs have no more independent
    ones; the projection is always the same.
    """
    width = inputs.shape[1]
    if width <= WIDE:
        moments, axes = torch.linalg.eigh(inputs.T @ inputs)
        return moments, axes
    kept = min(_AXES, *inputs.shape)
    drawn = torch.randn(width, kept, generator=generator(0, "second_moments"))
    span = torch.linalg.qr(inputs @ drawn.to(inputs)).Q
    span = torch.linalg.qr(inputs @ (inputs.T @ span)).Q
    axes, roots, _ = torch.linalg.svd(inputs.T @ span, full_matrices=False)
    return roots.square().flip(0), axes.flip(1)
