"""Fastfood against a plain-numpy transcription, and what both projections promise."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from methods.parts.projections import fastfood_maps, gaussian_maps, hadamard_transform, padded_width
from methods.parts.seeding import generator

Maps = Callable[[int, int, int, torch.Generator], torch.Tensor]
BOTH = pytest.mark.parametrize("maps_of", [gaussian_maps, fastfood_maps])


def sylvester(size: int) -> np.ndarray:
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


@pytest.mark.parametrize("size", [1, 2, 8, 64])
def test_hadamard_transform_equals_the_sylvester_matrix(size: int) -> None:
    values = torch.randn(3, size, generator=generator(0, "x"), dtype=torch.float64)
    expected = values.numpy() @ sylvester(size)
    np.testing.assert_allclose(hadamard_transform(values).numpy(), expected, atol=1e-12)


def test_hadamard_transform_refuses_other_sizes() -> None:
    with pytest.raises(ValueError, match="power of two"):
        hadamard_transform(torch.zeros(3))


@pytest.mark.parametrize(("width", "inner"), [(1, 1), (2, 2), (3, 4), (128, 128), (129, 256)])
def test_padded_width(width: int, inner: int) -> None:
    assert padded_width(width) == inner


@pytest.mark.parametrize("width", [16, 24])
def test_maps_equal_the_formula_written_out(width: int) -> None:
    rows, inner = 5, padded_width(width)
    maps = fastfood_maps(2, rows, width, generator(3, "map"))
    draw = generator(3, "map")
    hadamard = sylvester(inner)
    for projection in maps:
        signs = torch.randint(0, 2, (inner,), generator=draw).numpy() * 2.0 - 1
        permutation = torch.randperm(inner, generator=draw).numpy()
        gaussian = torch.randn(inner, generator=draw).numpy().astype(np.float64)
        for row in range(rows):
            vector = np.zeros(inner)
            vector[row] = 1
            mixed = (hadamard @ (signs * vector))[permutation]
            out = (hadamard @ (gaussian * mixed))[:width]
            out = out / np.sqrt(inner * np.sum(gaussian**2)) / np.sqrt(width / inner)
            np.testing.assert_allclose(projection[row].numpy(), out, rtol=1e-5, atol=1e-7)


@BOTH
def test_projections_preserve_norms_on_average(maps_of: Maps) -> None:
    maps = maps_of(64, 20, 128, generator(1, "norm"))
    assert maps.shape == (64, 20, 128)
    vectors = torch.randn(64, 1, 20, generator=generator(2, "norm"))
    ratio = (vectors @ maps).norm(dim=-1) / vectors.norm(dim=-1)
    assert 0.93 < float(ratio.mean()) < 1.07


@BOTH
def test_maps_differ_from_token_to_token(maps_of: Maps) -> None:
    first, second = maps_of(2, 4, 16, generator(0, "map"))
    assert not torch.allclose(first, second)
