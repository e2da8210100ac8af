"""An oracle whose loss is convex in every kind of prompt, for tests of methods and trials."""

from __future__ import annotations

import torch
from torch import Tensor

from methods.interface import Ensemble, ImageChoice, Named, Problem, Prompts, PromptSpace
from orchestrator.oracle.answering import Answer, restrict
from orchestrator.oracle.interface import Ask, Asking, Batch, Oracle
from orchestrator.oracle.ledger import Ledger

CLASSES = 4
BATCH = 5
EXAMPLES = 13
"""Training images: two whole mini-batches and a part of one."""
SPACE = PromptSpace(
    text_width=64,
    context_tokens=12,
    vision_width=16,
    image_size=8,
    token_embedding_std=0.02,
    text_layers=4,
    vision_layers=3,
)


class ToyEncoder:
    """A frozen image encoder: the mean of each row of the red channel."""

    width = SPACE.image_size
    image_size = SPACE.image_size

    def __call__(self, images: Tensor) -> Tensor:
        """Features `(B, 8)`."""
        return images[:, 0].mean(dim=-1)


class ToyWords:
    """Every word is a token, whose embedding follows from its letters."""

    def count(self, text: str) -> int:
        """Number of words T."""
        return len(text.split())

    def embed(self, text: str) -> Tensor:
        """Embeddings `(T, D)`."""
        width, std = SPACE.text_width, SPACE.token_embedding_std
        rows = [std * torch.randn(width, generator=_named(word)) for word in text.split()]
        return torch.stack(rows) if rows else torch.empty(0, width)


def _named(text: str) -> torch.Generator:
    return torch.Generator().manual_seed(int.from_bytes(text.encode(), "big") % 2**40)


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
        examples=EXAMPLES,
        batch_size=BATCH,
        words=ToyWords(),
    )


class ToyOracle(Oracle):
    """Logits are linear in what the prompt holds, so cross-entropy is convex in it.

    Args:
        budget: queries the method may spend.

    Attributes:
        drawn: mini-batches of the stream that a method has seen, which tests count.
    """

    space = SPACE
    classes = CLASSES

    def __init__(self, budget: int | None = None) -> None:
        self.method = Ledger(limit=budget)
        self.observer = Ledger()
        self.drawn = 0
        draw = torch.Generator().manual_seed(7)
        self._directions = torch.randn(CLASSES, SPACE.text_width, generator=draw)

    def asker(self, prompts: Prompts) -> Ask:
        def ask(batch: Batch, asking: Asking) -> Answer:
            logits = torch.zeros(prompts.count, len(batch.labels), CLASSES)
            if prompts.context is not None:
                pooled = prompts.context.sum(dim=1) @ self._directions.T
                logits = logits + 0.2 * pooled.unsqueeze(1)
            if prompts.ensembles is not None:
                logits = logits + torch.stack([_said(one) for one in prompts.ensembles])[:, None]
            if prompts.visual_tokens is not None:
                logits = logits + prompts.visual_tokens.sum(dim=1)[:, None, :CLASSES]
            if prompts.deep is not None and prompts.deep.text is not None:
                inside = prompts.deep.text.sum(dim=(1, 2)) @ self._directions.T
                logits = logits + 0.1 * inside.unsqueeze(1)
            if prompts.deep is not None and prompts.deep.visual is not None:
                logits = logits + prompts.deep.visual.sum(dim=(1, 2))[:, None, :CLASSES]
            if prompts.pixels is not None and batch.images is not None:
                changed = torch.stack(
                    [prompts.pixels.apply(batch.images, k) for k in range(prompts.count)]
                )
                logits = logits + 10 * changed.mean(dim=2).flatten(2)[..., :CLASSES]
            return restrict(logits, asking.answers, asking.noise_seeds(len(logits)))

        return ask


def _said(ensemble: Ensemble) -> Tensor:
    """Logits `(C,)` of hand-written prompts: some words suit the classes better than others."""
    rows = [torch.randn(CLASSES, generator=_named(template)) for template in ensemble.templates]
    weights = ensemble.weights
    table = torch.stack(rows)
    return table.mean(dim=0) if weights is None else (table * weights).sum(dim=0)


def toy_batch(step: int, size: int = BATCH, image_size: int = SPACE.image_size) -> Batch:
    """The mini-batch of a step: most images are of class 0."""
    draw = torch.Generator().manual_seed(step)
    labels = torch.randint(0, CLASSES, (size,), generator=draw)
    labels[: size - 1] = 0
    images = torch.rand(size, 3, image_size, image_size, generator=draw)
    examples = torch.arange(step * size, (step + 1) * size) % EXAMPLES
    return Batch(labels=labels, images=images, examples=examples)


def toy_images(
    choice: ImageChoice, drawn: int, size: int = BATCH, image_size: int = SPACE.image_size
) -> Batch:
    """The images that a method asks about, after `drawn` mini-batches of the stream.

    Whichever mini-batch holds it, an image that is named is always the same; most are of class 0.
    """
    if not isinstance(choice, Named):
        return toy_batch(drawn - (choice == "same"), size, image_size)
    rows = [toy_batch(5000 + one, 1, image_size) for one in choice.examples]
    images = [row.images for row in rows if row.images is not None]
    labels = torch.tensor([one % CLASSES if one % 3 == 0 else 0 for one in choice.examples])
    return Batch(labels=labels, images=torch.cat(images), examples=torch.tensor(choice.examples))
