"""The low-rank parameterisation against its formula."""

import torch

from methods.low_rank import LowRank
from methods.seeding import generator

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
