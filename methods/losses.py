"""Losses of class scores, one value a candidate."""

from __future__ import annotations

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy over the mini-batch, in nats.

    Args:
        logits: `(K, B, C)`.
        labels: `(B,)`.

    Returns:
        `(K,)` float32.
    """
    log_probabilities = logits.float().log_softmax(dim=-1)
    index = labels.expand(len(logits), -1).unsqueeze(-1)
    return -log_probabilities.gather(-1, index).squeeze(-1).mean(dim=-1)


def accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of the mini-batch classified right, in percent.

    Args:
        logits: `(K, B, C)`.
        labels: `(B,)`.

    Returns:
        `(K,)` float32.
    """
    return 100 * (logits.argmax(dim=-1) == labels).to(torch.float32).mean(dim=-1)
