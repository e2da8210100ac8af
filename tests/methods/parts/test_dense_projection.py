"""Dense Gaussian projections: their stated properties."""

import torch

from methods.parts.projections import gaussian_maps
from methods.parts.seeding import generator


def test_projection_preserves_norms_on_average() -> None:
    maps = gaussian_maps(64, 20, 128, generator(1, "norm"))
    assert maps.shape == (64, 20, 128)
    vectors = torch.randn(64, 1, 20, generator=generator(2, "norm"))
    ratio = (vectors @ maps).norm(dim=-1) / vectors.norm(dim=-1)
    assert 0.93 < float(ratio.mean()) < 1.07


def test_maps_differ_from_token_to_token() -> None:
    first, second = gaussian_maps(2, 4, 16, generator(0, "map"))
    assert not torch.allclose(first, second)
