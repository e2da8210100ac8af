"""Makes the answers of a restricted black box of logits, and scores for methods of such answers."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from orchestrator.answers import Answers

SMOOTHING = 0.1
"""Probability that a lone label leaves to all classes together, its own among them."""
_LEAST = 1e-6
"""Least probability that a class is given which an answer doesn't name."""


@dataclass(frozen=True)
class Answer:
    """What a black box returned for K candidates on B images.

    Attributes:
        scores: `(K, B, C)` of all classes, or `(K, B, k)` of the named ones; None for labels.
        classes: `(K, B, k)` int64: which classes were named, the most probable first; k = 1 for
            labels. None where all were.
    """

    scores: Tensor | None
    classes: Tensor | None = None


def restrict(logits: Tensor, answers: Answers, noise_seeds: tuple[int, ...] = ()) -> Answer:
    """The answer of a black box to K candidates on B images.

    Args:
        logits: `(K, B, C)` float32.
        answers: how it answers.
        noise_seeds: one for each of the K candidates; not needed without noise.
    """
    if answers.noise:
        logits = logits + answers.noise * _noise(logits, noise_seeds)
    return rounded(narrowed(logits, answers), answers.digits)


def narrowed(scores: Tensor, answers: Answers) -> Answer:
    """Scores `(K, B, C)` as the kind of answer that was asked for, not rounded.

    Args:
        scores: logits, or log-probabilities unless the answer is to be logits.
        answers: their `kind` and `top` alone count.
    """
    if answers.kind == "logits":
        return Answer(scores)
    log_probabilities = scores.log_softmax(dim=-1)
    if answers.kind == "log_probabilities":
        return Answer(log_probabilities)
    ordered, classes = log_probabilities.sort(dim=-1, descending=True, stable=True)
    if answers.kind == "label":
        return Answer(None, classes[..., :1])
    return Answer(ordered[..., : answers.top], classes[..., : answers.top])


def rounded(answer: Answer, digits: int | None) -> Answer:
    """The answer with scores of so many decimals."""
    if digits is None or answer.scores is None:
        return answer
    return Answer(answer.scores.round(decimals=digits), answer.classes)


def fill(answer: Answer, classes: int) -> Tensor:
    """Scores `(K, B, C)` of all C classes, for methods that need a loss.

    Logits and log-probabilities of all classes are returned as they are. Where only some classes
    are named, the probability that they leave is spread evenly over the others, of which none gets
    more than the least probable named one. A label has the probability 1 - `SMOOTHING`, and
    `SMOOTHING` is spread evenly over all classes.
    """
    if answer.classes is None:
        if answer.scores is None:
            raise ValueError("an answer needs scores or classes")
        return answer.scores
    if answer.scores is None:
        even = torch.full((*answer.classes.shape[:2], classes), SMOOTHING / classes)
        chosen = torch.full(answer.classes.shape, 1 - SMOOTHING + SMOOTHING / classes)
        return even.scatter(-1, answer.classes, chosen).log()
    named = answer.scores.shape[-1]
    if named >= classes:
        return torch.empty(*answer.scores.shape[:2], classes).scatter(
            -1, answer.classes, answer.scores
        )
    probabilities = answer.scores.double().exp()
    left = (1 - probabilities.sum(dim=-1, keepdim=True)) / (classes - named)
    spread = left.clamp(min=_LEAST / classes).minimum(probabilities[..., -1:])
    others = spread.log().float().expand(*answer.scores.shape[:2], classes)
    return others.scatter(-1, answer.classes, answer.scores)


def noise_seed(seed: int, party: str, query: int) -> int:
    """The seed of the noise on one query, so that a query asked again gets the same answer.

    Args:
        seed: the trial's.
        party: `method` or `observer`.
        query: number of the query among those of its party, from 0.
    """
    text = f"noise/{seed}/{party}/{query}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def _noise(logits: Tensor, seeds: tuple[int, ...]) -> Tensor:
    """Standard normal numbers in the shape of `(K, B, C)` logits, for each candidate its own."""
    if len(seeds) != len(logits):
        raise ValueError(f"{len(logits)} candidates need as many seeds, got {len(seeds)}")
    drawn = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        drawn.append(torch.randn(logits.shape[1:], generator=generator))
    return torch.stack(drawn)
