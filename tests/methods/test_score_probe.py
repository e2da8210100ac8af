"""The score probe: what it asks, what it costs, what it learns, and from what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from methods.interface import Named, Problem, Scores, SettingsError, TrainingSize
from methods.parts.readouts import centred_scores
from methods.parts.seeding import generator
from methods.parts.softmax_regression import softmax_regression
from methods.score_probe import ScoreProbe, ScoreProbeSettings
from tests.methods.problems import problem

CLASSES = 3
FEATURES = ScoreProbeSettings(prompts="random", random_prompts=4)


def task(shots: int, batch_size: int = 128) -> Problem:
    """A problem with some training images a class."""
    return replace(problem(), examples=shots * CLASSES, batch_size=batch_size)


def answers(labels: Tensor, seed: int, prompts: int = 1, turn: int = 0) -> Tensor:
    """Logits `(K, B, C)` that speak for the class `turn` places after the true one."""
    noise = torch.randn(prompts, len(labels), CLASSES, generator=generator(seed, "noise"))
    return 3 * torch.eye(CLASSES)[(labels + turn) % CLASSES] + 1.5 * noise


def trained(labels: Tensor, logits: Tensor, given: Problem, **settings: Any) -> ScoreProbe:
    """A probe that was told the scores of all its images."""
    probe = ScoreProbe(given, ScoreProbeSettings(**settings))
    while probe.ask() is not None:
        ids = torch.tensor(probe.images().examples)
        probe.tell(Scores(logits[:, ids], labels[ids], ids))
    return probe


def accuracy(probe: ScoreProbe, turn: int = 0) -> float:
    labels = torch.arange(CLASSES).repeat(200)
    logits = answers(labels, seed=99, turn=turn)
    return float((probe.readout()(logits).argmax(dim=-1) == labels).double().mean())


def test_every_image_is_asked_about_once_in_as_few_queries_as_hold_them() -> None:
    probe = ScoreProbe(task(shots=5, batch_size=6), ScoreProbeSettings())
    labels = torch.arange(CLASSES).repeat(5)
    asked: list[int] = []
    for queries in (6, 6, 3):
        prompts, images = probe.ask(), probe.images()
        assert prompts is not None
        assert prompts.templates == ("a {}.",)
        assert isinstance(images, Named)
        assert images.view is None
        assert len(images.examples) == queries
        ids = torch.tensor(images.examples)
        probe.tell(Scores(answers(labels[ids], seed=1), labels[ids], ids))
        asked += images.examples
    assert asked == list(range(15))
    assert probe.ask() is None


@pytest.mark.parametrize(("settings", "queries"), [(ScoreProbeSettings(), 13), (FEATURES, 52)])
def test_a_plan_knows_its_queries(settings: ScoreProbeSettings, queries: int) -> None:
    demand = ScoreProbe.demand(task(shots=16), settings)
    size = TrainingSize(examples=1600, batch_size=128)
    assert ScoreProbe.step_queries(settings, demand, size) == queries
    assert ScoreProbe.most_queries(settings, demand, size) == queries


def test_the_readout_is_the_regression_on_centred_scores() -> None:
    labels = torch.arange(CLASSES).repeat(4)
    logits = answers(labels, seed=1)
    probe = trained(labels, logits, task(shots=4), strength=0.3)
    wide = logits[0].double()
    centred = wide - wide.mean(dim=1, keepdim=True)
    fitted = softmax_regression(centred, labels, torch.eye(CLASSES), 0.3)
    new = answers(labels, seed=2)
    expected = centred_scores(new).numpy() @ fitted.weights.numpy().T + fitted.bias.numpy()
    np.testing.assert_allclose(probe.readout()(new.double()).numpy(), expected, atol=1e-9)


def test_before_any_answer_it_deploys_the_prompts_alone() -> None:
    logits = answers(torch.arange(CLASSES), seed=3, prompts=4)
    probe = ScoreProbe(task(shots=4), FEATURES)
    centred = logits - logits.mean(dim=-1, keepdim=True)
    torch.testing.assert_close(probe.readout()(logits), centred.mean(dim=0))
    assert probe.best_prompt().count == 4


def test_log_probabilities_serve_as_well_as_logits() -> None:
    labels = torch.arange(CLASSES).repeat(8)
    logits = answers(labels, seed=4).double()
    plain = trained(labels, logits, task(shots=8))
    normalised = trained(labels, logits.log_softmax(dim=-1), task(shots=8))
    torch.testing.assert_close(
        plain.state().tensors["readout_weights"], normalised.state().tensors["readout_weights"]
    )


def test_it_learns_what_the_scores_mean() -> None:
    labels = torch.arange(CLASSES).repeat(16)
    probe = trained(labels, answers(labels, seed=5, turn=1), task(shots=16))
    assert accuracy(probe, turn=1) > 0.8


@pytest.mark.parametrize("shots", [1, 2])
def test_with_few_images_it_stays_close_to_the_prompt(shots: int) -> None:
    labels = torch.arange(CLASSES).repeat(shots)
    alone = accuracy(ScoreProbe(task(shots), ScoreProbeSettings()))
    for seed in range(5):
        probe = trained(labels, answers(labels, seed), task(shots))
        assert accuracy(probe) > alone - 0.1


def test_shuffled_training_labels_teach_nothing() -> None:
    labels = torch.arange(CLASSES).repeat(16)
    found = []
    for seed in range(10):
        order = torch.randperm(len(labels), generator=generator(seed, "order"))
        # The scores speak for another class, so the prompt alone is never right by them either.
        probe = trained(labels[order], answers(labels, seed, turn=1), task(shots=16))
        found.append(accuracy(probe, turn=1))
    assert np.mean(found) == pytest.approx(1 / CLASSES, abs=0.1)


def test_nothing_is_learned_but_from_what_it_was_told() -> None:
    labels = torch.arange(CLASSES).repeat(4)
    told = trained(labels, answers(labels, seed=1), task(shots=4))
    measured = trained(labels, answers(labels, seed=1), task(shots=4))
    for seed in range(3):
        measured.readout()(answers(labels, seed=seed))
    for name, tensor in told.state().tensors.items():
        assert torch.equal(tensor, measured.state().tensors[name])


def test_what_was_learned_is_forgotten_when_it_was_fitted() -> None:
    labels = torch.arange(CLASSES).repeat(2)
    tensors = trained(labels, answers(labels, seed=1), task(shots=2)).state().tensors
    assert len(tensors["features"]) == len(tensors["labels"]) == 0


def test_a_readout_of_other_classes_is_refused() -> None:
    labels = torch.arange(CLASSES)
    state = trained(labels, answers(labels, seed=1), task(shots=1)).state()
    other = ScoreProbe(replace(task(shots=1), classes=7), ScoreProbeSettings())
    with pytest.raises(SettingsError, match=r"\(3, 3\), but .* need \(7, 7\)"):
        other.load(state)


def test_more_context_than_fits_is_refused() -> None:
    wide = ScoreProbeSettings(prompts="random", context_tokens=17)
    with pytest.raises(SettingsError, match="at most 16"):
        ScoreProbe.demand(task(shots=1), wide)
    narrow = ScoreProbeSettings(context_tokens=17)  # has no effect without random prompts
    assert ScoreProbe.demand(task(shots=1), narrow).templates == ("a {}.",)


def test_access() -> None:
    assert ScoreProbe.access(ScoreProbeSettings()).inputs == {"text"}
    assert ScoreProbe.access(FEATURES).inputs == {"soft context"}
    assert ScoreProbe.access(FEATURES).readout


@pytest.mark.parametrize(("classes", "prompts"), [(8, 16), (128, 16), (200, 10), (5000, 1)])
def test_many_classes_need_fewer_random_prompts(classes: int, prompts: int) -> None:
    settings = ScoreProbeSettings(prompts="random")
    many = replace(problem(), classes=classes)
    assert ScoreProbe.demand(many, settings).candidates == prompts
    asked = ScoreProbe(many, settings).best_prompt()
    assert asked.count == prompts
