"""The step that a memory of logits proposes."""

import pytest
import torch

from methods.parts.logit_memory import LogitMemory
from methods.parts.logit_step import LogitStep
from methods.parts.seeding import generator

WIDTH, IMAGES, CLASSES = 6, 20, 3


def linear_problem() -> tuple[LogitMemory, torch.Tensor, torch.Tensor]:
    """A memory of linear logits, labels, and the Jacobian `(N, B, C)`."""
    draw = generator(1, "step")
    jacobian = torch.randn(WIDTH, IMAGES, CLASSES, generator=draw, dtype=torch.float64)
    points = 0.1 * torch.randn(4 * WIDTH, WIDTH, generator=draw, dtype=torch.float64)
    labels = torch.randint(0, CLASSES, (IMAGES,), generator=draw)
    logits = torch.einsum("kn,nbc->kbc", points, jacobian)
    return LogitMemory(points, logits), labels, jacobian


@pytest.mark.parametrize("radius", [0.02, 0.1])
def test_on_linear_logits_the_prediction_comes_true(radius: float) -> None:
    memory, labels, jacobian = linear_problem()
    step = LogitStep.of(memory, labels, at=3, radius=radius)
    moved = memory.logits[3] + torch.einsum("n,nbc->bc", step.move, jacobian)
    before, after = (
        float(torch.nn.functional.cross_entropy(one, labels)) for one in (memory.logits[3], moved)
    )
    assert step.predicted > 0
    assert before - after == pytest.approx(step.predicted, rel=0.1)
    assert float(step.move.norm()) == pytest.approx(radius, rel=0.1)
