"""The pocket as a service without HTTP, and ways to reach and to disturb it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from methods.interface import PromptSpace
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.clip import LoadedClip, load_clip
from orchestrator.oracle.remote.request import Question, Reply
from orchestrator.oracle.remote.service import Service
from orchestrator.server.model import Offer, ServedModel

ADDRESS = "http://127.0.0.1:9"
BACKBONE = f"backbone={{service: '{ADDRESS}', model: pocket}}"


@cache
def pocket() -> LoadedClip:
    """The pocket's model, loaded once; nothing changes it."""
    return load_clip(resolve_backbone(Backbone(model="pocket")), "fp32", torch.device("cpu"))


def served(**offered: Any) -> ServedModel:
    """The pocket as a service that offers it so."""
    return ServedModel(pocket(), Offer("pocket", **offered))


class Relay(Service):
    """Passes everything on to a service, and notes what it was asked.

    Args:
        behind: the service.
        told: what it says of itself that is not so.

    Attributes:
        questions: that were answered, in order.
        sent: sizes of the sets of images that were sent.
        closed: how often it was closed.
        disturb: called with each question before it is passed on; may raise.
    """

    def __init__(self, behind: Service, **told: Any) -> None:
        self.behind = behind
        self.capabilities = behind.capabilities.model_copy(update=told)
        self.questions: list[Question] = []
        self.sent: list[int] = []
        self.closed = 0
        self.disturb: Callable[[Question], object] = lambda _: None

    def space(self, classes: Sequence[str]) -> PromptSpace:
        return self.behind.space(classes)

    def score(self, question: Question) -> Reply:
        self.disturb(question)
        reply = self.behind.score(question)
        self.questions.append(question)
        return reply

    def store(self, images: Tensor) -> None:
        self.behind.store(images)
        self.sent.append(len(images))

    def count(self, texts: Sequence[str]) -> list[int]:
        return self.behind.count(texts)

    def embed(self, text: str) -> Tensor:
        return self.behind.embed(text)

    def close(self) -> None:
        self.closed += 1


def reach(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    """Lets every address lead to a service."""
    monkeypatch.setattr("orchestrator.oracle.remote.connect.connect", lambda *_, **__: service)
