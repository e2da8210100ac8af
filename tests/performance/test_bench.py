"""The benchmark compares like with like: both sides answer the same query."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.performance.bench.cases import Case, sides
from tests.performance.bench.machine import flops

CPU = torch.device("cpu")


@pytest.mark.parametrize("method", ["zip", "bar", "blackvip", "bptvlm"])
def test_naive_computation_and_oracle_give_the_same_logits(method: str) -> None:
    both = sides(Case(method, 3), batch=2, layers=2, device=CPU)
    with torch.inference_mode():
        naive: Any = both.naive()
        oracle: Any = both.oracle()
    assert oracle.shape == (both.queries, 2, 3)
    torch.testing.assert_close(oracle[0], naive, rtol=1e-5, atol=2e-5)


def test_flops_are_those_of_the_products() -> None:
    left, right = torch.ones(4, 8), torch.ones(8, 16)
    assert flops(lambda: left @ right) == 2 * 4 * 8 * 16
