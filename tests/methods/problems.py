"""Problems and answers for tests of single methods, and their loss by plain numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from methods.interface import Problem, PromptSpace, Scores
from methods.parts.seeding import generator

VIT_B16 = PromptSpace(
    text_width=512,
    context_tokens=60,
    vision_width=768,
    image_size=224,
    token_embedding_std=0.0105,
    patch_weight_mean=0.0003,
    patch_weight_std=0.012,
)
POCKET = PromptSpace(
    text_width=128, context_tokens=16, vision_width=128, image_size=24, token_embedding_std=0.02
)
RN50 = replace(VIT_B16, vision_width=0)


def problem(
    space: PromptSpace = POCKET, seed: int = 1, budget: int = 100, batches: int = 2
) -> Problem:
    """A problem on a black box of some shapes."""
    return Problem(space, 3, ("a {}.",), batches_per_epoch=batches, budget=budget, seed=seed)


def scores(seed: int, candidates: int) -> Scores:
    """Random answers for 6 images of 3 classes."""
    draw = generator(seed, "scores")
    logits = 5 * torch.randn(candidates, 6, 3, generator=draw)
    return Scores(logits, torch.randint(0, 3, (6,), generator=draw), torch.arange(6))


def numpy_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of logits `(B, C)` and labels `(B,)`, in float64."""
    wide = logits.astype(np.float64)
    log_p = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(labels)), labels].mean())
