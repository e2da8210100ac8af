"""Intrinsic parameters, low-rank and full, against their formulas."""

import pytest
import torch

from methods.parts.intrinsic import FullRank, Intrinsic, LowRank
from methods.parts.seeding import generator

SHAPE = LowRank(tokens=8, rows=62, rank=5)


def test_dimension_is_the_papers() -> None:
    assert SHAPE.dimension == 417


def test_matrices_start_at_zero() -> None:
    start = SHAPE.initial(generator(1, "start"))
    assert start.shape == (417,)
    assert torch.count_nonzero(SHAPE.matrices(start.unsqueeze(0))) == 0


def test_start_has_unit_scales_and_random_right_factor() -> None:
    start = SHAPE.initial(generator(1, "start"))
    assert torch.equal(start[40:45], torch.ones(5))
    assert 0.8 < float(start[45:355].std()) < 1.2
    assert torch.count_nonzero(start[355:]) == 0


def test_matrices_are_u_s_v_plus_shared_vector() -> None:
    parameters = torch.randn(3, 417, generator=generator(2, "any"))
    matrices = SHAPE.matrices(parameters)
    for row, matrix in zip(parameters, matrices, strict=True):
        left, scale = row[:40].reshape(8, 5), row[40:45]
        right, shared = row[45:355].reshape(62, 5), row[355:]
        expected = left @ torch.diag(scale) @ right.T + shared
        torch.testing.assert_close(matrix, expected)


@pytest.mark.parametrize(
    ("shape", "dimension"),
    [
        (LowRank(8, 62, 5, diagonal=False), 412),
        (LowRank(8, 62, 5, shared=False), 355),
        (LowRank(8, 62, 5, diagonal=False, shared=False), 350),
        (FullRank(8, 62), 8 * 62 + 62),
        (FullRank(8, 62, shared=False), 8 * 62),
    ],
)
def test_parts_may_be_left_out(shape: Intrinsic, dimension: int) -> None:
    assert shape.dimension == dimension
    start = shape.initial(generator(1, "start"))
    assert start.shape == (dimension,)
    assert torch.count_nonzero(shape.matrices(start.unsqueeze(0))) == 0
    assert shape.matrices(torch.ones(3, dimension)).shape == (3, 8, 62)


def test_without_diagonal_and_shared_vector_it_is_the_product() -> None:
    row = torch.randn(350, generator=generator(2, "any"))
    expected = row[:40].reshape(8, 5) @ row[40:].reshape(62, 5).T
    matrix = LowRank(8, 62, 5, diagonal=False, shared=False).matrices(row.unsqueeze(0))[0]
    torch.testing.assert_close(matrix, expected)


def test_a_full_matrix_is_its_parameters_plus_the_shared_vector() -> None:
    row = torch.randn(12, generator=generator(2, "any"))
    matrix = FullRank(2, 4).matrices(row.unsqueeze(0))[0]
    torch.testing.assert_close(matrix, row[:8].reshape(2, 4) + row[8:])
