"""A device whose memory runs out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

BY_TORCH = torch.OutOfMemoryError("CUDA out of memory (as a test says)")
BY_A_LIBRARY = RuntimeError(
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
)


def limit_memory(
    monkeypatch: pytest.MonkeyPatch, rows: int, error: RuntimeError = BY_TORCH
) -> None:
    """Lets linear layers run out of memory with more than `rows` rows."""
    linear = torch.nn.functional.linear

    def small_memory(values: Tensor, *rest: Any) -> Tensor:
        if values[..., 0].numel() > rows:
            raise error
        return linear(values, *rest)

    monkeypatch.setattr(torch.nn.functional, "linear", small_memory)
