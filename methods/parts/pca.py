"""Principal components of a mini-batch of images: an encoder without a network."""

from __future__ import annotations

from dataclasses import dataclass

from methods.lazy_torch import Tensor, torch

_GRID = 32
_NOISE = 1e-6
"""Components with a smaller share of the largest variance are taken for rounding errors."""


@dataclass(frozen=True)
class Pca:
    """Projection of images onto principal components, scaled to unit variance.

    Images are first averaged down to at most 32 x 32 pixels: the leading components of images are
    smooth, and small components can be stored with a trial.

    Attributes:
        mean: `(D,)`, D = 3 x grid x grid.
        components: `(F, D)`, divided by the standard deviation along them; zero for those beyond
            the mini-batch's variance.
    """

    mean: Tensor
    components: Tensor

    @classmethod
    def fit(cls, images: Tensor, count: int) -> Pca:
        """The `count` leading components of images `(B, 3, S, S)`, B > 1.

        At most B - 1 are not zero. Signs are fixed, so that equal images give equal components.
        """
        pixels = _pooled(images).double()
        mean = pixels.mean(dim=0)
        _, spread, axes = torch.linalg.svd(pixels - mean, full_matrices=False)
        axes = axes * axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)).sign()
        variance = spread.square() / max(1, len(pixels) - 1)
        useful = variance > _NOISE * variance.max()
        scaled = torch.where(useful.unsqueeze(1), axes / variance.sqrt().unsqueeze(1), 0.0)
        components = torch.zeros(count, pixels.shape[1], dtype=pixels.dtype, device=pixels.device)
        kept = scaled[:count]
        components[: len(kept)] = kept
        return cls(mean.float().cpu(), components.float().cpu())

    def __call__(self, images: Tensor) -> Tensor:
        """Features `(B, F)` of images `(B, 3, S, S)`."""
        return (_pooled(images) - self.mean.to(images)) @ self.components.to(images).mT


def _pooled(images: Tensor) -> Tensor:
    grid = min(_GRID, images.shape[-1])
    return torch.nn.functional.adaptive_avg_pool2d(images, grid).flatten(1)
