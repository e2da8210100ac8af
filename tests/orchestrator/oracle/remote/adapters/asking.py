"""Small questions to adapters, and the files of adapters."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from methods.interface import Ensemble, Prompts
from orchestrator.answers import Answers
from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.adapters.opening import open_adapter
from orchestrator.oracle.remote.request import Images, Question
from orchestrator.oracle.remote.service import Caller, Service
from orchestrator.reading.yaml_text import write_yaml

CLASSES = ("cat", "dog", "rat")
TEMPLATE = "a photo of a {}."
PLAIN: dict[str, Any] = {
    "version": 1,
    "url": "{service}/classify",
    "body": {"image": "{image_base64}", "texts": "{texts}", "model": "{model}"},
    "image": {"size": 4},
    "answer": {"kind": "probabilities", "entries": "scores"},
}
"""An adapter whose service is sent an image, and returns probabilities in the order of texts."""


def plain_images(count: int) -> torch.Tensor:
    """Images `(B, 3, 4, 4)` uint8, of which each has a grey of its own."""
    return torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, 4, 4)


def question(
    *candidates: Sequence[str], images: int = 1, answers: str = "log_probabilities", name: str = "q"
) -> Question:
    """A question about the templates of each candidate."""
    prompts = Prompts(ensembles=tuple(Ensemble(tuple(one)) for one in candidates or [[TEMPLATE]]))
    named = hashlib.sha256(name.encode()).hexdigest()
    return Question(
        named,
        CLASSES,
        prompts,
        Images(plain=plain_images(images)),
        Answers(kind=answers),  # type: ignore[arg-type]
    )


def opened(
    form: dict[str, Any] | str, address: str, folder: Path, caller: Caller | None = None
) -> Service:
    """The service behind an adapter: YAML of fields, or Python of a text."""
    file = folder / ("mine.yaml" if isinstance(form, dict) else "mine.py")
    file.write_text(write_yaml(form) if isinstance(form, dict) else form)
    backbone = Backbone(
        model="clip-1",
        adapter=str(file),
        service=address or None,
        token_from="MY_TOKEN",
        in_flight=4,
    )
    return open_adapter(backbone, caller or Caller(patience=20))
