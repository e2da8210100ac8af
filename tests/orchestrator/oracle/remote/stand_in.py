"""A service of protocol 1 without a model: it answers by rule, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import torch

from orchestrator.oracle.remote.description import Capabilities, ImageForm, SpaceForm
from orchestrator.oracle.remote.protocol.lone_tensors import (
    embedding_bytes,
    image_digest,
    read_images,
)
from orchestrator.oracle.remote.protocol.questions import read_question
from orchestrator.oracle.remote.protocol.replies import reply_bytes
from orchestrator.oracle.remote.request import Charge, Reply
from tests.orchestrator.oracle.remote.messages import answer_to

CAPABILITIES = Capabilities(
    model="pocket",
    fingerprint="f00d",
    inputs=("text", "soft context", "pixels"),
    images=ImageForm(size=4, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2)),
    space=SpaceForm(text_width=4, context_tokens=8),
    float_pixels=True,
    stores_images=True,
    words=True,
)

Handler = Callable[[httpx.Request], httpx.Response]


def error(status: int, code: str, **details: Any) -> httpx.Response:
    """A refusal."""
    said = {"code": code, "message": f"about {code}", **details}
    return httpx.Response(status, json={"error": said})


@dataclass
class StandIn:
    """Answers requests of our protocol.

    Attributes:
        capabilities: of its only model.
        answers: of requests by path, in place of its own.
        requests: all that it was asked.
        stored: sets of images by digest.
        charged: ids of questions with what they were charged.
    """

    capabilities: Capabilities = CAPABILITIES
    answers: dict[str, Handler] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    stored: dict[str, torch.Tensor] = field(default_factory=dict)
    charged: dict[str, Charge] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path in self.answers:
            return self.answers[path](request)
        if path.startswith("/v1/models/"):
            return self._store(request)
        return {
            "/v1/models": self._models,
            "/v1/space": self._space,
            "/v1/words": self._words,
            "/v1/score": self.score,
            "/v1/usage": self._usage,
        }[path](request)

    def _models(self, request: httpx.Request) -> httpx.Response:
        said = [self.capabilities.model_dump(mode="json")]
        return httpx.Response(200, json={"protocol": 1, "models": said})

    def _space(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        assert asked["model"] == self.capabilities.model
        room = 8 - max(len(name.split()) for name in asked["classes"])
        return httpx.Response(200, json={"text_width": 4, "context_tokens": room})

    def _words(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        counts = [len(text.split()) for text in asked["texts"]]
        if not asked["embed"]:
            return httpx.Response(200, json={"counts": counts})
        return httpx.Response(200, content=embedding_bytes(torch.ones(counts[0], 4)))

    def score(self, request: httpx.Request) -> httpx.Response:
        """Answers a question."""
        assert request.headers["content-type"] == "application/vnd.safetensors"
        form, question = read_question(request.content)
        assert form.fingerprint == self.capabilities.fingerprint
        missing = [s.digest for s in question.images.stored if s.digest not in self.stored]
        if missing:
            return error(404, "images_unknown", digests=missing)
        repeated = question.id in self.charged
        queries = question.candidates
        charge = self.charged.setdefault(
            question.id, Charge(1, queries, queries * question.images.count, 7)
        )
        answer = answer_to(question, seed=len(question.id))
        return httpx.Response(
            200,
            content=reply_bytes(Reply(answer, charge, self.capabilities.fingerprint, repeated)),
        )

    def _store(self, request: httpx.Request) -> httpx.Response:
        digest, images = request.url.path.rpartition("/")[2], read_images(request.content)
        assert request.method == "PUT"
        assert image_digest(images) == digest
        self.stored[digest] = images
        return httpx.Response(204)

    def _usage(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        total = sum(self.charged.values(), Charge())
        return httpx.Response(200, json=vars(total))
