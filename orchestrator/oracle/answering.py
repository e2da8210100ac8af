"""Makes the answers of a restricted black box of logits, and scores for methods of such answers.

Methods need a loss, and a loss needs scores of all classes. What an answer lacks is filled in by
this convention, and no other one anywhere:

- The best few classes with their log-probabilities (`top`): the probability that they leave is
  spread evenly over the other classes, of which none gets more than the least probable named one,
  and all together get at least `LEAST`.
- A label: it has the probability 1 - `SMOOTHING`, and `SMOOTHING` is spread evenly over all
  classes, the label among them.
- A probability of 0 in any answer counts as `LEAST / C`, or as the least one that was named if that
  is lower: its logarithm would be infinite.

Measuring looks at the richest answers that the black box gives, all scores of one in memory,
whatever a method saw of them, unless the method deploys a readout: that is measured on answers like
those that it was fitted to.
"""

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from orchestrator.answers import AnswerKind, Answers

SMOOTHING = 0.1
"""Probability that a lone label leaves to all classes together, its own among them."""
LEAST = 1e-6
"""Least probability of all classes together that an answer doesn't name."""


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

    Raises:
        ValueError: there are too few or too many seeds.
    """
    return remade(Answer(logits), "logits", answers, noise_seeds)


def remade(
    answer: Answer, given: AnswerKind, wanted: Answers, noise_seeds: tuple[int, ...] = ()
) -> Answer:
    """An answer made of a richer one, bit for bit as if it were made of what that was made of.

    Noise is added to scores of all classes before anything is left out. Of log-probabilities
    instead of logits it gives the same answer up to rounding in float32.

    Args:
        answer: neither rounded nor noisy.
        given: its kind.
        wanted: how the black box is to answer.
        noise_seeds: one for each of the K candidates; not needed without noise.

    Raises:
        ValueError: the answer is too poor, or there are too few or too many seeds.
    """
    as_many = (wanted.top or 1) if given == "top" else None  # it may name fewer, if there are
    if not wanted.can_be_made_of(Answers(kind=given, top=as_many)):
        raise ValueError(f"an answer of {wanted} can't be made of {given}")
    if answer.scores is None:
        return answer
    if answer.classes is None:
        scores = answer.scores
        if wanted.noise:
            scores = scores + wanted.noise * _noise(scores, noise_seeds)
        if wanted.kind == "logits":
            return rounded(Answer(scores), wanted.digits)
        scores = _log_probabilities(scores, normal=given != "logits" and not wanted.noise)
        if wanted.kind == "log_probabilities":
            return rounded(Answer(scores), wanted.digits)
        answer = Answer(*scores.sort(dim=-1, descending=True, stable=True))
    return rounded(_best(answer, wanted), wanted.digits)


def narrowed(scores: Tensor, wanted: Answers) -> Answer:
    """Scores `(K, B, C)` as the kind of answer that was asked for, neither rounded nor noisy.

    Args:
        scores: logits, or log-probabilities, normal or not, unless logits are wanted.
        wanted: its `kind` and `top` alone count.
    """
    return restrict(scores, Answers(kind=wanted.kind, top=wanted.top))


def rounded(answer: Answer, digits: int | None) -> Answer:
    """The answer with scores of so many decimals."""
    if digits is None or answer.scores is None:
        return answer
    return Answer(answer.scores.round(decimals=digits), answer.classes)


def fill(answer: Answer, classes: int) -> Tensor:
    """Scores `(K, B, C)` of all C classes, for methods that need a loss.

    Logits and log-probabilities of all classes are returned as they are. No class has a higher
    score than the one that was named first; after rounding, others may have the same.

    Raises:
        ValueError: the answer holds neither scores nor classes.
    """
    if answer.classes is None:
        if answer.scores is None:
            raise ValueError("an answer needs scores or classes")
        return answer.scores
    if answer.scores is None:
        even = torch.full((*answer.classes.shape[:2], classes), SMOOTHING / classes)
        chosen = torch.full(answer.classes.shape, 1 - SMOOTHING + SMOOTHING / classes)
        return even.scatter(-1, answer.classes, chosen).log()
    named = positive(answer.scores, classes)
    count = named.shape[-1]
    others = named[..., -1:]
    if count < classes:
        left = 1 - named.double().exp().sum(dim=-1, keepdim=True)
        even = left.clamp(min=LEAST).log() - math.log(classes - count)
        # Compared in float32, so that no rounding puts an unnamed class before a named one.
        others = others.minimum(even.float())
    return others.expand(*named.shape[:2], classes).scatter(-1, answer.classes, named)


def positive(log_probabilities: Tensor, classes: int) -> Tensor:
    """Log-probabilities `(K, B, k)` without any of a probability of 0.

    Args:
        log_probabilities: of all or of some classes.
        classes: number of all classes C.
    """
    impossible = log_probabilities == -torch.inf
    if not impossible.any():
        return log_probabilities
    finite = log_probabilities.masked_fill(impossible, torch.inf)
    least = finite.amin(dim=-1, keepdim=True).clamp(max=math.log(LEAST / classes))
    return torch.where(impossible, least, log_probabilities)


def noise_seed(seed: int, party: str, query: int) -> int:
    """The seed of the noise on one query, so that a query asked again gets the same answer.

    Args:
        seed: the trial's.
        party: `method` or `observer`.
        query: number of the query among those of its party, from 0.
    """
    text = f"noise/{seed}/{party}/{query}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def _log_probabilities(scores: Tensor, *, normal: bool) -> Tensor:
    """Log-probabilities `(K, B, C)` of scores; of normal ones, which are such, as they are."""
    return positive(scores, scores.shape[-1]) if normal else scores.log_softmax(dim=-1)


def _best(answer: Answer, wanted: Answers) -> Answer:
    """The first classes of an answer that names them in order."""
    if answer.scores is None or answer.classes is None:
        return answer
    if wanted.kind == "label":
        return Answer(None, answer.classes[..., :1])
    return Answer(answer.scores[..., : wanted.top], answer.classes[..., : wanted.top])


def _noise(scores: Tensor, seeds: tuple[int, ...]) -> Tensor:
    """Standard normal numbers in the shape of `(K, B, C)` scores, for each candidate its own."""
    if len(seeds) != len(scores):
        raise ValueError(f"{len(scores)} candidates need as many seeds, got {len(seeds)}")
    drawn = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        drawn.append(torch.randn(scores.shape[1:], generator=generator))
    return torch.stack(drawn)
