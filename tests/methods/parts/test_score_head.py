"""The head on scores: its formula, its gradient, Adam's steps, and states."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from torch.nn import functional

from methods.interface import SettingsError
from methods.parts.score_head import DeployedHead, ScoreHead
from methods.parts.seeding import generator

CLASSES, HIDDEN = 3, 5


def head(
    start: Literal["identity", "random"] = "random", classes: int = CLASSES, seed: int = 1
) -> ScoreHead:
    return ScoreHead(classes, HIDDEN, 0.01, start, generator(seed, "head"))


def answers(place: int, images: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    draw = generator(place, "answers")
    logits = 4 * torch.randn(images, CLASSES, generator=draw, dtype=torch.float64)
    return logits, torch.randint(0, CLASSES, (images,), generator=draw)


def numpy_softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class NumpyHead:
    """The head and Adam, written out."""

    def __init__(self, weights: tuple[torch.Tensor, ...]) -> None:
        self.weights = [weight.numpy().copy() for weight in weights]
        self.first = [np.zeros_like(weight) for weight in self.weights]
        self.second = [np.zeros_like(weight) for weight in self.weights]
        self.steps = 0

    def step(self, y: np.ndarray, labels: np.ndarray, kl: float) -> None:
        w1, b1, w2, b2 = self.weights
        a = y @ w1.T + b1
        h = np.maximum(a, 0)
        p, q = numpy_softmax(y), numpy_softmax(y + h @ w2.T + b2)
        delta = (q - np.eye(CLASSES)[labels] + kl * (q - p)) / len(y)
        back = delta @ w2 * (a > 0)
        gradients = [back.T @ y, back.sum(axis=0), delta.T @ h, delta.sum(axis=0)]
        self.steps += 1
        for k, g in enumerate(gradients):
            self.first[k] = 0.9 * self.first[k] + 0.1 * g
            self.second[k] = 0.999 * self.second[k] + 0.001 * g**2
            m = self.first[k] / (1 - 0.9**self.steps)
            v = self.second[k] / (1 - 0.999**self.steps)
            self.weights[k] = self.weights[k] - 0.01 * m / (np.sqrt(v) + 1e-8)


@pytest.mark.parametrize("kl_weight", [0.0, 0.3])
@pytest.mark.parametrize("start", ["identity", "random"])
def test_steps_are_adams_on_the_papers_loss(
    kl_weight: float, start: Literal["identity", "random"]
) -> None:
    trained = head(start)
    written = NumpyHead(trained.network.weights)
    for place in range(6):
        scores, labels = answers(place)
        trained.step(scores, labels, kl_weight)
        written.step(scores.numpy(), labels.numpy(), kl_weight)
    for ours, theirs in zip(trained.network.weights, written.weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-9)


@pytest.mark.parametrize("kl_weight", [0.0, 0.3])
def test_the_gradient_is_that_of_the_loss(kl_weight: float) -> None:
    network = head().network
    scores, labels = answers(0)
    weights = [weight.clone().requires_grad_() for weight in network.weights]
    corrected = scores + (scores @ weights[0].mT + weights[1]).relu() @ weights[2].mT + weights[3]
    loss = functional.cross_entropy(corrected, labels)
    apart = functional.kl_div(
        corrected.log_softmax(dim=-1), scores.softmax(dim=-1), reduction="batchmean"
    )
    (loss + kl_weight * apart).backward()
    wanted = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])
    torch.testing.assert_close(network.gradient(scores, labels, kl_weight), wanted)


def test_random_weights_are_those_of_linear_layers() -> None:
    w1, b1, w2, b2 = ScoreHead(100, 400, 0.01, "random", generator(1, "head")).network.weights
    for weights, bound in ((w1, 0.1), (b1, 0.1), (w2, 0.05), (b2, 0.05)):
        assert float(weights.abs().max()) <= bound
        assert float(weights.abs().max()) > 0.9 * bound
        assert float(weights.std()) == pytest.approx(bound / 3**0.5, rel=0.15)


def test_an_untrained_identity_changes_nothing_and_can_be_trained() -> None:
    scores, labels = answers(0)
    trained = head("identity")
    assert torch.equal(trained.network(scores), scores)
    before = functional.cross_entropy(scores, labels)
    for _ in range(20):
        trained.step(scores, labels, 0.0)
    assert functional.cross_entropy(trained.network(scores), labels) < before


def test_what_is_deployed_treats_each_image_by_itself_and_stays_as_it_was() -> None:
    trained, (scores, labels) = head(), answers(0)
    logits = scores.float().unsqueeze(0)
    deployed = DeployedHead(trained.network)
    whole = deployed(logits)
    assert whole.dtype == torch.float32
    alone = torch.cat([deployed(logits[:, k : k + 1]) for k in range(len(labels))])
    torch.testing.assert_close(whole, alone)
    trained.step(scores, labels, 0.1)
    assert torch.equal(deployed(logits), whole)
    assert not torch.equal(DeployedHead(trained.network)(logits), whole)


def test_scores_of_inference_mode_can_be_learned_from() -> None:
    with torch.inference_mode():
        scores, labels = answers(0)
    head().step(scores, labels, 0.1)


def test_a_loaded_head_goes_on_the_same() -> None:
    one, other = head(), head(seed=2)
    one.step(*answers(0), 0.1)
    other.load(one.state())
    for each in (one, other):
        each.step(*answers(1), 0.1)
    for ours, theirs in zip(one.network.weights, other.network.weights, strict=True):
        assert torch.equal(ours, theirs)


def test_a_head_for_other_classes_is_refused() -> None:
    with pytest.raises(SettingsError, match="only the classes that it was trained on"):
        head(classes=4).load(head().state())
