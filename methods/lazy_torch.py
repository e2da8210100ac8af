"""PyTorch, loaded when it is first used: plans read what methods declare, and compute nothing.

Methods and their parts import `torch` from here. Importing PyTorch itself takes over a second and
300 MB, also in the many processes that only look up results.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Tensor", "torch"]

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    Tensor = Any  # for annotations alone

    class _Torch:
        """Looks every name up in the module."""

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module("torch"), name)

    torch = _Torch()
