"""Number formats of the oracle's arithmetic."""

from typing import Literal

Precision = Literal["fp32", "tf32", "bf16", "fp16"]
"""Number format of the towers' matrix products, the same for every method. The residual stream,
norms, softmax, logits and losses are always fp32.

`fp32` is exact: it equals the plain model up to float error. The others are not, so they are part
of a cell's key. `bf16` and `fp16` store the weights in that format; `tf32` lets GPUs round the
factors of fp32 products (a CPU computes them in fp32).
"""

ROUNDING = 2
"""Version of how tf32, bf16 and fp16 are computed; part of the keys of cells that use them.

Raise it with every change of the oracle after which these formats give other numbers.
"""
