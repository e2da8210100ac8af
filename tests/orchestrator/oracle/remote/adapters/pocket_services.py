"""The pocket's CLIP behind interfaces of services that exist."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from itertools import count
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD
from methods.interface import Prompts
from orchestrator.answers import ALL
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.interface import Asking, Batch
from orchestrator.oracle.ledger import Ledger
from tests.orchestrator.oracle.remote.adapters.stand_in import Asked, Told

KEY = "sk-a-key-of-the-test"
_OPTION = re.compile(r"^([A-Z]|\d+)\. (.*)$", re.MULTILINE)


@lru_cache(maxsize=1)
def pocket() -> LoadedClip:
    """The pocket's CLIP, loaded once a process."""
    return load_clip(resolve_backbone(Backbone(model="pocket")), "fp32", torch.device("cpu"))


@lru_cache(maxsize=512)
def _oracle(texts: tuple[str, ...]) -> ClipOracle:
    return ClipOracle(pocket(), texts, Ledger(), Ledger())


def logits(images: list[Image.Image], texts: list[str]) -> Tensor:
    """Logits `(B, T)` of whole texts, as the pocket's CLIP gives them."""
    size = pocket().image_size
    arrays = [np.asarray(one.convert("RGB").resize((size, size))) for one in images]
    pixels = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float().div(255)
    mean, std = (torch.tensor(numbers).view(3, 1, 1) for numbers in (CLIP_MEAN, CLIP_STD))
    batch = Batch(torch.zeros(len(images), dtype=torch.long), pixels.sub(mean).div(std))
    answer = _oracle(tuple(texts)).asker(Prompts(templates=("{}",)))(
        batch, Asking(ALL, "method", 0, 0)
    )
    assert answer.scores is not None
    return answer.scores[0]


def picture(data_url: str) -> Image.Image:
    """The image in a data URL."""
    kind, _, content = data_url.partition(";base64,")
    assert kind in ("data:image/png", "data:image/jpeg"), kind
    return Image.open(BytesIO(base64.b64decode(content, validate=True)))


@dataclass
class ChatService:
    """A chat endpoint in the manner of OpenAI's.

    The mark of each option is two tokens, with and without a blank before it, as with real models.

    Attributes:
        system: what it says of its system.
        busy: every so many requests it puts one off; 0 never.
    """

    system: str = "fp_1"
    busy: int = 0
    _requests: Any = field(default_factory=lambda: count(1))

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            given = asked.headers.get("authorization", "").removeprefix("Bearer ")
            return self._error(401, f"Incorrect API key provided: {given}.")
        if asked.path != "/v1/chat/completions":
            return self._error(404, f"Invalid URL (POST {asked.path})")
        if self.busy and next(self._requests) % self.busy == 0:
            return Told({"error": {"message": "Rate limit reached"}}, 429, {"Retry-After": "0"})
        body = asked.body
        if body.get("logprobs") is not True or not 0 <= body.get("top_logprobs", -1) <= 20:
            return self._error(400, "top_logprobs must be from 0 to 20, and logprobs true")
        (message,) = body["messages"]
        parts = {part["type"]: part for part in message["content"]}
        image = picture(parts["image_url"]["image_url"]["url"])
        options = _OPTION.findall(parts["text"]["text"])
        return Told(self._completion(body, image, options))

    def _completion(
        self, body: Any, image: Image.Image, options: list[tuple[str, str]]
    ) -> dict[str, Any]:
        scores = logits([image], [text for _, text in options])[0].double().log_softmax(dim=-1)
        tokens = [
            {"token": f"{blank}{mark}", "logprob": score + math.log(share), "bytes": None}
            for (mark, _), score in zip(options, scores.tolist(), strict=True)
            for blank, share in (("", 0.75), (" ", 0.25))
        ]
        tokens.sort(key=lambda one: -float(one["logprob"]))
        first = {**tokens[0], "top_logprobs": tokens[: body["top_logprobs"]]}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "system_fingerprint": self.system,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": first["token"], "refusal": None},
                    "logprobs": {"content": [first], "refusal": None},
                    "finish_reason": "length",
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101},
        }

    def _error(self, status: int, message: str) -> Told:
        return Told({"error": {"message": message, "type": "invalid_request_error"}}, status)


def rank_service(asked: Asked) -> Told:
    """The endpoint of CLIP-as-service that ranks texts, best first, by how they fit an image."""
    assert (asked.path, asked.body["execEndpoint"]) == ("/post", "/rank")
    documents = [_ranked(document) for document in asked.body["data"]]
    header = {"requestId": "1", "status": None, "execEndpoint": "/rank", "targetExecutor": ""}
    return Told({"header": header, "parameters": None, "routes": [], "data": documents})


def _ranked(document: dict[str, Any]) -> dict[str, Any]:
    texts = [match["text"] for match in document["matches"]]
    scores = logits([picture(document["uri"])], texts)[0].double()
    cosines, shares = scores / pocket().logit_scale, scores.softmax(dim=-1)
    matches = [
        {
            "text": text,
            "scores": {
                "clip_score": {"value": share, "op_name": "softmax"},
                "clip_score_cosine": {"value": cosine, "op_name": "cosine"},
            },
        }
        for text, cosine, share in zip(texts, cosines.tolist(), shares.tolist(), strict=True)
    ]
    matches.sort(key=lambda one: -float(one["scores"]["clip_score"]["value"]))
    return {"uri": document["uri"], "matches": matches}
