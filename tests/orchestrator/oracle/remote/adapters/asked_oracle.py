"""Oracles for methods: one that asks a service, and its twin in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from methods.interface import PixelPrompt, Prompts
from orchestrator.answers import Answers
from orchestrator.oracle.answering import Answer
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.interface import Ask, Asking, Batch, Oracle
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.remote.description import ImageForm
from orchestrator.oracle.remote.pixels import normalised, to_bytes
from orchestrator.oracle.remote.request import Charge, Images, Question
from orchestrator.oracle.remote.service import Service
from tests.orchestrator.oracle.remote.adapters.pocket_services import pocket


class AskedOracle(Oracle):
    """Asks a service each query as one question."""

    def __init__(self, service: Service, classes: tuple[str, ...], answers: Answers) -> None:
        self.space, self.classes = service.space(classes), len(classes)
        self.method, self.observer = Ledger(limit=1000), Ledger()
        self.answers = answers
        self.charge = Charge()
        self._service, self._names = service, classes

    def asker(self, prompts: Prompts) -> Ask:
        def ask(batch: Batch, asking: Asking) -> Answer:
            assert batch.images is not None
            images, form = batch.images, self._service.capabilities.images
            if prompts.pixels is None:
                sent = Images(plain=to_bytes(images, form))
            else:
                changed = range(len(prompts.pixels))
                sent = Images(
                    pixels=torch.stack([prompts.pixels.apply(images, k) for k in changed])
                )
            text = f"{asking.party}/{asking.number}"
            question = Question(
                hashlib.sha256(text.encode()).hexdigest(),
                self._names,
                replace(prompts, pixels=None),
                sent,
                asking.answers,
            )
            reply = self._service.score(question)
            self.charge += reply.charge
            return reply.answer

        return ask


class RoundedClip(ClipOracle):
    """The pocket in memory, which sees images as 8-bit numbers, as a service does."""

    def __init__(self, classes: tuple[str, ...], answers: Answers, form: ImageForm) -> None:
        super().__init__(pocket(), classes, Ledger(limit=1000), Ledger())
        self.answers, self._form = answers, form

    def asker(self, prompts: Prompts) -> Ask:
        if prompts.pixels is not None:
            prompts = replace(prompts, pixels=_Rounded(prompts.pixels, self._form))
        return super().asker(prompts)


@dataclass(frozen=True)
class _Rounded:
    prompt: PixelPrompt
    form: ImageForm

    def __len__(self) -> int:
        return len(self.prompt)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        return normalised(to_bytes(self.prompt.apply(images, candidate), self.form), self.form)
