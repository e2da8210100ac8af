"""Ends a trial whose numbers aren't finite; says where, what the cause may be, and what to do.

`argmax` of NaN is a class like any other, so such scores would pass for an accuracy.
"""

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_PROMPT = (
    "the prompt has left the range of the oracle's precision. Try smaller steps, clipping, or "
    "precision fp32."
)
_MODEL = (
    "its weights are damaged, or the precision is too low for them. Check the file of the weights, "
    "or use precision fp32."
)

_START = "the prompt that the method starts with is too large (try smaller values of its settings)"

Origin = Literal["words", "training", "another trial"]
"""Where a prompt comes from: hand-written, from the trial's own training or its start, or from the
trial that has trained it."""


class TrialError(Exception):
    """A trial can't go on; says what happened, and at which query."""


def check_query(scores: Tensor, queries: int) -> None:
    """Refuses scores `(K, B, C)` that a method was answered, after so many queries.

    Raises:
        TrialError: they are not finite.
    """
    if not _finite(scores):
        raise TrialError(f"the oracle's scores are not finite at query {queries}: {_PROMPT}")


def check_measured(measured: Mapping[str, float], queries: int) -> None:
    """Refuses what a method reports of a step, after so many queries.

    Scores can be finite and yet so large that the losses made of them are not.

    Raises:
        TrialError: it is not finite.
    """
    for metric, value in measured.items():
        if not math.isfinite(value):
            raise TrialError(f"{metric} is not finite at query {queries}: {_PROMPT}")


def check_evaluation(numbers: Tensor, split: str, queries: int, origin: Origin) -> None:
    """Refuses scores or losses `(...)` on an evaluation split.

    Before the first query it can't be the steps: the model itself is not fit, or the prompt that a
    method starts with.

    Args:
        numbers: the scores or losses.
        split: the split's name.
        queries: queries spent so far.
        origin: where the prompt comes from.

    Raises:
        TrialError: they are not finite.
    """
    if not _finite(numbers):
        where = f"the model's scores on the {split} split are not finite at query {queries}"
        why = _PROMPT if queries else _MODEL
        if origin == "another trial":
            why = f"the prompt that was trained elsewhere has values that are not finite, or {why}"
        elif origin == "training" and not queries:
            why = f"{_START}, or {why}"
        raise TrialError(f"{where}: {why}")


def check_features(features: NDArray[np.float32], split: str, dataset: str) -> None:
    """Refuses features `(N, E)` of a dataset's split, so that they are neither used nor stored.

    Raises:
        TrialError: they are not finite.
    """
    bad = int((~np.isfinite(features)).any(axis=-1).sum())
    if bad:
        raise TrialError(
            f"the model's scores on the {split} split of {dataset} are not finite, for its "
            f"features of {bad} of {len(features)} images are not: {_MODEL}"
        )


def _finite(numbers: Tensor) -> bool:
    return bool(torch.isfinite(numbers).all())
