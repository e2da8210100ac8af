"""Questions to the pocket, and what an HTTP client sends of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from methods.interface import Prompts
from orchestrator.answers import ALL, Answers
from orchestrator.oracle.remote.protocol.questions import question_bytes
from orchestrator.oracle.remote.request import Images, Question
from orchestrator.server.model import ServedModel

NAMES = ("cat", "annual crop land", "boeing 747")
TENSORS = {"content-type": "application/vnd.safetensors"}
SIZE = 24
"""Pixels of the pocket's images."""


def plain_images(count: int = 3, seed: int = 0) -> Tensor:
    """Random images `(count, 3, S, S)` uint8."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 3, SIZE, SIZE), dtype=torch.uint8, generator=draw)


def numbers(*shape: int, seed: int = 0) -> Tensor:
    """Random float32 numbers, as small as token embeddings."""
    return 0.05 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def ask(
    id_: str = "first",
    prompts: Prompts | None = None,
    images: Images | None = None,
    answers: Answers = ALL,
    classes: tuple[str, ...] = NAMES,
    label: str = "a-cell",
) -> Question:
    """A question; by default one template on three images."""
    prompts = prompts or Prompts(templates=("a photo of a {}.",))
    return Question(id_, classes, prompts, images or Images(plain_images()), answers, label)


def body(question: Question, offering: ServedModel, **changes: Any) -> bytes:
    """A question as a client sends it, but for `changes`."""
    offered = offering.capabilities
    given = {"model": offered.model, "fingerprint": offered.fingerprint, **changes}
    return question_bytes(question, **given)
