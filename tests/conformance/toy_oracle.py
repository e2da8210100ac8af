"""An oracle whose loss is convex in every kind of prompt, for tests of methods and trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from methods.interface import Problem, Prompts, PromptSpace
from orchestrator.oracle.interface import Batch, Oracle
from orchestrator.oracle.ledger import Ledger

CLASSES = 4
SPACE = PromptSpace(
    text_width=64, context_tokens=12, vision_width=16, image_size=8, token_embedding_std=0.02
)


class ToyEncoder:
    """A frozen image encoder: the mean of each row of the red channel."""

    width = SPACE.image_size
    image_size = SPACE.image_size

    def __call__(self, images: Tensor) -> Tensor:
        """Features `(B, 8)`."""
        return images[:, 0].mean(dim=-1)


def toy_problem(seed: int = 1, budget: int = 200) -> Problem:
    """A problem on the toy oracle."""
    return Problem(
        SPACE,
        CLASSES,
        ("a {}.", "the {}."),
        batches_per_epoch=2,
        budget=budget,
        seed=seed,
        encoder=ToyEncoder(),
    )


class ToyOracle(Oracle):
    """Logits are linear in what the prompt holds, so cross-entropy is convex in it.

    Args:
        budget: queries the method may spend.
    """

    space = SPACE

    def __init__(self, budget: int | None = None) -> None:
        self.method = Ledger(limit=budget)
        self.observer = Ledger()
        draw = torch.Generator().manual_seed(7)
        self._directions = torch.randn(CLASSES, SPACE.text_width, generator=draw)

    def _answer(self, prompts: Prompts, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Tensor]]:
        for batch in batches:
            logits = torch.zeros(prompts.count, len(batch.labels), CLASSES)
            if prompts.context is not None:
                pooled = prompts.context.sum(dim=1) @ self._directions.T
                logits = logits + 0.2 * pooled.unsqueeze(1)
            if prompts.visual_tokens is not None:
                logits = logits + prompts.visual_tokens.sum(dim=1)[:, None, :CLASSES]
            if prompts.pixels is not None and batch.images is not None:
                changed = torch.stack(
                    [prompts.pixels.apply(batch.images, k) for k in range(prompts.count)]
                )
                logits = logits + 10 * changed.mean(dim=2).flatten(2)[..., :CLASSES]
            yield batch, logits


def toy_batch(step: int, size: int = 5, image_size: int = SPACE.image_size) -> Batch:
    """The mini-batch of a step: most images are of class 0."""
    draw = torch.Generator().manual_seed(step)
    labels = torch.randint(0, CLASSES, (size,), generator=draw)
    labels[: size - 1] = 0
    images = torch.rand(size, 3, image_size, image_size, generator=draw)
    return Batch(labels=labels, images=images)
