"""Replies as bytes.

A reply is a safetensors file with the metadata `reply`, a JSON object (`ReplyForm`), and the
tensors `scores` or `classes` or both.
"""

import torch
from torch import Tensor

from orchestrator.answers import AnswerKind
from orchestrator.oracle.answering import Answer
from orchestrator.oracle.remote.protocol.container import (
    BadMessage,
    UntrustedFile,
    packed,
    validated,
)
from orchestrator.oracle.remote.protocol.forms import ChargeForm, ReplyForm
from orchestrator.oracle.remote.request import Question, Reply

_ABOVE_ONE = 1e-3
"""By so much may float error lift a log-probability above 0."""


def reply_bytes(reply: Reply) -> bytes:
    """A reply as a safetensors file."""
    form = ReplyForm(
        charge=ChargeForm(**vars(reply.charge)),
        fingerprint=reply.fingerprint,
        repeated=reply.repeated,
    )
    tensors = {"scores": reply.answer.scores, "classes": reply.answer.classes}
    return packed(tensors, {"reply": form.model_dump_json()})


def read_reply(body: bytes, question: Question) -> Reply:
    """The reply to a question in a safetensors file.

    Raises:
        BadMessage: it is none, or of other shapes than the question asks for.
    """
    file = UntrustedFile(body)
    form = validated(ReplyForm, file.stated("reply"))
    tensors = file.tensors({"scores", "classes"})
    answer = Answer(tensors.get("scores"), tensors.get("classes"))
    _check_answer(answer, question)
    return Reply(answer, form.charge.charge, form.fingerprint, form.repeated)


def _check_answer(answer: Answer, question: Question) -> None:
    """Refuses an answer of other shapes, unknown classes, or without finite scores."""
    kind, size = question.answers.kind, len(question.classes)
    named = {"label": 1, "top": min(question.answers.top or 0, size)}.get(kind)
    front = (question.candidates, question.images.count)
    for name, tensor, wanted, dtype in (
        ("scores", answer.scores, None if kind == "label" else named or size, torch.float32),
        ("classes", answer.classes, named, torch.int64),
    ):
        got = None if tensor is None else tuple(tensor.shape)
        expected = None if wanted is None else (*front, wanted)
        if got != expected or (tensor is not None and tensor.dtype != dtype):
            raise BadMessage(f"{name}: expected {expected or 'none'}, got {got or 'none'}")
    if answer.classes is not None:
        _check_classes(answer.classes, size)
    if answer.scores is not None:
        _check_scores(answer.scores, kind)


def _check_classes(classes: Tensor, size: int) -> None:
    if not 0 <= int(classes.min()) <= int(classes.max()) < size:
        raise BadMessage(f"classes: expected numbers from 0 to {size - 1}")
    ordered = classes.sort(dim=-1).values
    if bool((ordered[..., 1:] == ordered[..., :-1]).any()):
        raise BadMessage("classes: expected each class at most once for an image")


def _check_scores(scores: Tensor, kind: AnswerKind) -> None:
    if not bool(torch.isfinite(scores).all()):
        raise BadMessage("scores: not all numbers are finite")
    if kind != "logits" and float(scores.max()) > _ABOVE_ONE:
        raise BadMessage("scores: expected log-probabilities, got numbers above 0")
