"""The datasets that runs of MLflow name, by name and split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from orchestrator.analysis.runs import Run


class Input(NamedTuple):
    """A dataset that a run worked on.

    Attributes:
        name: the dataset's.
        digest: of its split; "" where it isn't known.
        context: what was taken of it, such as `16 shots, seed 1`.
        images: how many images were trained on; None where it isn't known.
    """

    name: str
    digest: str
    context: str
    images: int | None


def inputs_of(runs: Sequence[Run]) -> tuple[Input, ...]:
    """The splits of some runs, each once."""
    return tuple(dict.fromkeys(map(_input, runs)))


def _input(run: Run) -> Input:
    provenance = run.trace.provenance
    images = provenance.get("train_images")
    digest = str(provenance.get("split") or "")
    if not run.trains:
        return Input(run.dataset, digest, "test", None)
    context = f"{run.shots} shots, seed {run.seed}"
    return Input(run.dataset, digest, context, None if images is None else int(images))
