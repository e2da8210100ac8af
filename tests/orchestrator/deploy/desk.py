"""Cells of the pocket that run in this process, and what their prompts answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from benchmarks.datasets.registry import open_dataset
from orchestrator.deploy.prompt import Prompt
from orchestrator.store.trace import Trace
from tests.orchestrator.trial.test_service_cells import Desk

__all__ = ["Desk", "Measured", "measured", "traced"]


@dataclass(frozen=True)
class Measured:
    """How well a prompt does on the test images of a dataset.

    Attributes:
        accuracy: in percent.
        loss: mean cross-entropy, in nats.
    """

    accuracy: float
    loss: float


def measured(prompt: Prompt, dataset: str = "pocket_dots") -> Measured:
    """What a prompt does on all test images, which it is given as Pillow's."""
    data = open_dataset(dataset, "")
    items = data.items("test")
    labels = np.array([item.label for item in items])
    scores = prompt.scores(data.open(item) for item in items)
    right = int((scores.argmax(axis=-1) == labels).sum())
    loss = cross_entropy(torch.from_numpy(scores), torch.from_numpy(labels))
    return Measured(100 * right / len(items), float(loss))


def traced(trace: Trace) -> Measured:
    """What a trial has measured at its end."""
    accuracy, loss = trace.last("test_accuracy"), trace.last("test_loss")
    assert accuracy is not None
    assert loss is not None
    return Measured(accuracy, loss)
