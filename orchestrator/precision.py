"""Number formats of the oracle's arithmetic."""

from __future__ import annotations

from typing import Literal

Precision = Literal["fp32", "bf16", "fp16"]
"""Format of the towers' weights and activations; logits and losses are always fp32."""
