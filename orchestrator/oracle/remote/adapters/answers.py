"""Makes an answer of what a service said of each candidate, template and image."""

from collections.abc import Sequence

import torch
from torch import Tensor

from orchestrator.answers import Answers
from orchestrator.oracle.answering import Answer, fill, narrowed
from orchestrator.oracle.remote.adapters.adapter import Scale
from orchestrator.oracle.remote.adapters.rows import Row

Rows = Sequence[Row]
"""One for each of B images."""


def answer_of(
    candidates: Sequence[Sequence[Rows]], classes: int, kind: Scale, wanted: Answers
) -> Answer:
    """The answer about K candidates on B images.

    The scores of several templates of a candidate are averaged: logits as they are, and
    probabilities by their logarithms, which is the same up to a constant for each image. CLIP
    averages features of texts, which no service of scores can do.

    Args:
        candidates: of each its templates, and of each of these its rows.
        classes: how many there are, C.
        kind: what the rows' scores are.
        wanted: which answer is due.
    """
    single = all(len(one) == 1 for one in candidates)
    if single and (wanted.kind == "label" or (wanted.kind == "top" and kind != "logits")):
        count = 1 if wanted.kind == "label" else min(wanted.top or 1, classes)
        named = [[_best(row, classes, count) for row in one[0]] for one in candidates]
        picked = torch.tensor([[row.classes for row in rows] for rows in named])
        if wanted.kind == "label":
            return Answer(None, picked)
        scores = torch.tensor([[row.scores for row in rows] for rows in named])
        return Answer(scores, picked)
    averaged = torch.stack([_averaged(one, classes, kind) for one in candidates])
    return narrowed(averaged, wanted)


def _averaged(templates: Sequence[Rows], classes: int, kind: Scale) -> Tensor:
    """Mean scores `(B, C)` over the templates of a candidate."""
    scores = torch.stack([torch.stack([scored(row, classes) for row in one]) for one in templates])
    if len(templates) > 1 and kind != "logits":
        scores = scores.log_softmax(dim=-1)
    return scores.mean(dim=0)


def scored(row: Row, classes: int) -> Tensor:
    """Scores `(C,)` of all classes, filled in where the service named only some."""
    if not row.classes:
        return torch.full((classes,), 1 / classes).log()
    picked = torch.tensor(row.classes).view(1, 1, -1)
    scores = None if row.scores is None else torch.tensor(row.scores).view(1, 1, -1)
    return fill(Answer(scores, picked), classes)[0, 0]


def _best(row: Row, classes: int, count: int) -> Row:
    """The best classes with their scores; where too few were named, others as they are filled."""
    if len(row.classes) >= count:
        return Row(row.classes[:count], None if row.scores is None else row.scores[:count])
    filled = scored(row, classes).tolist()
    others = [one for one in range(classes) if one not in row.classes]
    picked = (*row.classes, *others[: count - len(row.classes)])
    return Row(picked, tuple(filled[one] for one in picked))
