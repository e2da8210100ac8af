"""Oracles for methods: one that asks a service, and its twin in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from methods.interface import PixelPrompt, Prompts
from orchestrator.answers import Answers
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.interface import Ask
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.remote.description import ImageForm
from orchestrator.oracle.remote.identity import Origin
from orchestrator.oracle.remote.images.pixels import normalised, to_bytes
from orchestrator.oracle.remote.oracle import Account, RemoteOracle, SharedService
from orchestrator.oracle.remote.service import Service
from tests.orchestrator.oracle.remote.adapters.pocket_services import pocket


def asked_oracle(service: Service, classes: tuple[str, ...], answers: Answers) -> RemoteOracle:
    """An oracle that asks a service."""
    shared, account = SharedService.to(service, 4), Account(Origin("store", "cell"))
    oracle = RemoteOracle(shared, classes, Ledger(limit=1000), Ledger(), account)
    oracle.answers = answers
    return oracle


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
