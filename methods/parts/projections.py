"""Random linear maps from a few numbers to a wide vector: dense Gaussian, and fastfood.

ZIP lifts its few intrinsic parameters to token embeddings with one projection per context token
(ICLR 2025, section 3). Fastfood (Le, Sarlós, Smola, ICML 2013) imitates a dense Gaussian matrix by
a product of diagonal, permutation and Hadamard matrices. It is linear all the same, so it is stored
as one dense matrix: a few hundred kilobytes, and one product to apply.
"""

from __future__ import annotations

import math

from methods.lazy_torch import Tensor, torch


def gaussian_maps(count: int, rows: int, width: int, generator: torch.Generator) -> Tensor:
    """Independent dense projections `(T, L, D)` that preserve norms in expectation.

    Args:
        count: number of projections T.
        rows: input dimension L; `x @ maps[i]` projects `x` `(L,)` with the i-th map.
        width: output dimension D.
        generator: drawn from map by map.
    """
    return torch.randn(count, rows, width, generator=generator) / math.sqrt(width)


def fastfood_maps(count: int, rows: int, width: int, generator: torch.Generator) -> Tensor:
    """Independent fastfood projections, with arguments and shape `(T, L, D)` of `gaussian_maps`.

    L is at most `padded_width(D)`. For each map, signs are drawn, then permutation, then Gaussian.
    """
    return torch.stack([_fastfood_map(rows, width, generator) for _ in range(count)])


def bbt_std(unit: float, dimension: int, sigma: float) -> float:
    """Standard deviation of a projection's entries by the law of BBT (ICML 2022, section 3).

    Points of d numbers with standard deviation sigma are then mapped to numbers whose root mean
    square is `unit`, the standard deviation of the token embeddings, whatever d and sigma.
    """
    return unit / (math.sqrt(dimension) * sigma)


def padded_width(width: int) -> int:
    """The power of two at or above `width`: the dimension inside which fastfood works."""
    return 1 << max(0, (width - 1).bit_length())


def hadamard_transform(values: Tensor) -> Tensor:
    """Multiplies the last axis of `(..., n)` by the unnormalised Hadamard matrix, in natural order.

    Raises:
        ValueError: n is no power of two.
    """
    size = values.shape[-1]
    if size & (size - 1):
        raise ValueError(f"the Hadamard transform needs a power of two, got {size}")
    half = 1
    while half < size:
        pairs = values.reshape(*values.shape[:-1], size // (2 * half), 2, half)
        first, second = pairs[..., 0, :], pairs[..., 1, :]
        values = torch.stack((first + second, first - second), dim=-2).reshape(values.shape)
        half *= 2
    return values


def _fastfood_map(rows: int, width: int, generator: torch.Generator) -> Tensor:
    """One projection `(L, D)`: H G Pi H B, applied to the first L unit vectors."""
    inner = padded_width(width)
    signs = torch.randint(0, 2, (inner,), generator=generator).double() * 2 - 1
    permutation = torch.randperm(inner, generator=generator)
    gaussian = torch.randn(inner, generator=generator).double()

    mapped = torch.eye(rows, inner, dtype=torch.float64) * signs
    mapped = hadamard_transform(mapped)[:, permutation] * gaussian
    mapped = hadamard_transform(mapped)[:, :width]
    # Preserves norms in expectation, also when only D of the inner coordinates are kept.
    scale = math.sqrt(inner * float(gaussian.square().sum()) * width / inner)
    return (mapped / scale).float()
