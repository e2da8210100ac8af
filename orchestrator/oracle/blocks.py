"""Residual attention blocks of an open_clip transformer, opened up so that work can be left out.

The parts of a block (QKV projection, attention, output projection, MLP) are called one by one. So
positions whose output nobody reads need no queries, no output projection and no MLP, and keys and
values that several sequences share are computed once. The weights stay in open_clip's modules. The
residual stream, norms and softmax are float32 in every precision; matrix products use the weights'
own format.
"""

from typing import Any

import torch
from open_clip.transformer import QuickGELU, ResidualAttentionBlock
from torch import Tensor, nn
from torch.nn import functional

_QUICK = 1.702
"""QuickGELU(x) = x sigmoid(1.702 x) = SiLU(1.702 x) / 1.702."""


class Unsupported(Exception):
    """A module that can't be taken apart here; the message says why."""


class Block:
    """One block: `x + attention(norm(x))`, then `x + mlp(norm(x))`.

    Raises:
        Unsupported: it is of another kind.
    """

    def __init__(self, block: Any) -> None:
        # Blocks for cross-attention have an `ln_1_kv`.
        if type(block) is not ResidualAttentionBlock or hasattr(block, "ln_1_kv"):
            raise Unsupported(f"its blocks are {type(block).__name__}")
        self._block = block
        self._attention = block.attn
        quick = type(block.mlp.gelu) is QuickGELU
        self._mlp = _quick_mlp if quick else _plain_mlp
        self.heads: int = block.attn.num_heads

    def project(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """QKV: queries, keys and values, each `(..., H, D / H)`, of hidden states `(..., D)`."""
        queries, keys, values = self._projections(hidden, 0)
        return queries, keys, values

    def keys_values(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, each `(..., H, D / H)`, of hidden states `(..., D)` without queries."""
        keys, values = self._projections(hidden, 1)
        return keys, values

    def queries(self, hidden: Tensor) -> Tensor:
        """Queries `(..., H, D / H)` of hidden states `(..., D)` with known keys and values."""
        return self._projections(hidden, 0, 1)[0]

    def finish(self, hidden: Tensor, attended: Tensor) -> Tensor:
        """The block's output `(..., D)`: output projection and MLP, both residual.

        They take its input and what attention returned for each position, both `(..., D)`.
        """
        block, out = self._block, self._attention.out_proj
        added = functional.linear(attended.to(out.weight.dtype), out.weight, out.bias)
        hidden = hidden + block.ls_1(added)
        normed = block.ln_2(hidden).to(out.weight.dtype)
        return hidden.add_(block.ls_2(self._mlp(block.mlp, normed)))

    def _projections(self, hidden: Tensor, first: int, last: int = 3) -> list[Tensor]:
        attention, width = self._attention, hidden.shape[-1]
        rows = slice(first * width, last * width)
        weight, bias = attention.in_proj_weight[rows], attention.in_proj_bias[rows]
        normed = self._block.ln_1(hidden).to(weight.dtype)
        projected = functional.linear(normed, weight, bias)
        heads = projected.unflatten(-1, (last - first, self.heads, -1))
        return list(heads.unbind(-3))


def open_blocks(transformer: nn.Module) -> tuple[Block, ...]:
    """The blocks of an open_clip transformer.

    Raises:
        Unsupported: they are of another kind.
    """
    blocks: Any = getattr(transformer, "resblocks", None)
    if blocks is None:
        raise Unsupported(f"its transformer is {type(transformer).__name__}")
    return tuple(Block(block) for block in blocks)


def attend(queries: Tensor, keys: Tensor, values: Tensor, *, causal: bool = False) -> Tensor:
    """Scaled dot-product attention over M positions.

    Args:
        queries: `(B, L, H, E)`; those of the last L positions when `causal`.
        keys: `(B, M, H, E)`.
        values: `(B, M, H, E)`.
        causal: whether a position attends only to itself and to earlier ones.

    Returns:
        `(B, L, H E)`.
    """
    mask = None
    if causal and queries.shape[1] > 1:
        length, whole = queries.shape[1], keys.shape[1]
        seen = torch.ones(length, whole, dtype=torch.bool, device=queries.device)
        mask = seen.tril(whole - length)
    attended = functional.scaled_dot_product_attention(
        queries.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), attn_mask=mask
    )
    return attended.transpose(1, 2).flatten(2)


def _plain_mlp(mlp: Any, hidden: Tensor) -> Tensor:
    inner = mlp.gelu(functional.linear(hidden, mlp.c_fc.weight, mlp.c_fc.bias))
    return functional.linear(inner, mlp.c_proj.weight, mlp.c_proj.bias)


def _quick_mlp(mlp: Any, hidden: Tensor) -> Tensor:
    """The MLP with QuickGELU in place: its two factors are folded into the matrix products."""
    up, down, rows = mlp.c_fc, mlp.c_proj, hidden.flatten(0, -2)
    inner = torch.addmm(up.bias, rows, up.weight.mT, beta=_QUICK, alpha=_QUICK)
    functional.silu(inner, inplace=True)
    mixed = torch.addmm(down.bias, inner, down.weight.mT, alpha=1 / _QUICK)
    return mixed.reshape(hidden.shape)
