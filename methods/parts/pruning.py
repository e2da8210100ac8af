"""Which coordinates a sparse optimiser moves."""

from methods.lazy_torch import Tensor, torch


def z_pruning_mask(point: Tensor, gradient: Tensor, ratio: float) -> Tensor:
    """1 for the coordinates that are moved and 0 for the share `ratio` of them that is left alone.

    Those stay at rest that score lowest by w^2 z(g^2), z(x) = (x - mean) / standard deviation
    (SharpZO, NeurIPS 2025).

    Args:
        point: w `(N,)`.
        gradient: g `(N,)` at w.
        ratio: from 0 to below 1; the number of coordinates at rest is rounded down.
    """
    squares = gradient.square()
    spread = float(squares.std(correction=0)) or 1.0
    score = point.square() * (squares - squares.mean()) / spread
    kept = len(score) - int(ratio * len(score))
    return torch.zeros_like(score).index_fill(0, score.topk(kept).indices, 1.0)
