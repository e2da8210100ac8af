"""Names a question, so that a service charges it once however often it is sent."""

import hashlib
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from methods.interface import DeepPrompts
from orchestrator.cell import canonical_json
from orchestrator.oracle.interface import Asking
from orchestrator.oracle.remote.request import Question


@dataclass(frozen=True)
class Origin:
    """Where questions come from.

    Attributes:
        store: identity of the store that the results go to: another one pays for its own.
        cell: key of the cell.
    """

    store: str
    cell: str

    def name(self, question: Question, asking: Asking, part: int) -> str:
        """The id of a question, 64 hex digits; equal if it is asked again, as after a resumption.

        Args:
            question: what is asked; its own id doesn't count.
            asking: who asks, and which of its queries it is.
            part: number of the part, if it is asked in several.
        """
        place = (self.store, self.cell, asking.party, asking.number, part)
        return _sha256([*place, _contents(question)])


def _contents(question: Question) -> list[Any]:
    """Everything that the answer depends on; tensors by their digests."""
    prompts, images = question.prompts, question.images
    deep = prompts.deep or DeepPrompts()
    ensembles = prompts.ensembles or ()
    tensors = (prompts.context, prompts.visual_tokens, deep.text, deep.visual)
    return [
        question.classes,
        question.answers.model_dump(mode="json"),
        prompts.templates,
        [one.templates for one in ensembles],
        [_digest(one.weights) for one in ensembles],
        [_digest(one) for one in tensors],
        [_digest(images.plain), _digest(images.pixels)],
        [[one.digest, one.rows] for one in images.stored],
    ]


def _digest(tensor: Tensor | None) -> str | None:
    if tensor is None:
        return None
    digest = hashlib.sha256(repr((tuple(tensor.shape), str(tensor.dtype))).encode())
    digest.update(tensor.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


def _sha256(parts: list[Any]) -> str:
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()
