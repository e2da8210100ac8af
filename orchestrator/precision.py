"""Number formats of the oracle's arithmetic."""

from __future__ import annotations

from typing import Literal

Precision = Literal["fp32", "tf32", "bf16", "fp16"]
"""Format of the towers' matrix products, for every method alike. Residual streams, norms, softmax,
logits and losses are always fp32.

`fp32` is exact: it equals the plain model up to float error. The others are not, and are in the
key: `bf16` and `fp16` hold weights in that format, `tf32` lets GPUs round the factors of fp32
products (a CPU computes them in fp32).
"""

ROUNDING = 2
"""Goes up when the oracle comes to round otherwise in inexact precisions; part of their keys."""

WEIGHTS: dict[Precision, Literal["fp32", "bf16", "fp16"]] = {
    "fp32": "fp32",
    "tf32": "fp32",
    "bf16": "bf16",
    "fp16": "fp16",
}
"""What the weights are held in."""
