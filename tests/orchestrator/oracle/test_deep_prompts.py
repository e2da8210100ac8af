"""A method of deep prompts on a real model: where it starts, and two of its steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from methods.interface import Problem, Prompts, Scores
from methods.zomp import Zomp, ZompSettings
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from tests.conformance.closeness import assert_same_logits
from tests.conformance.plain_clip import logits
from tests.conformance.tiny_clip import write_tiny_clip

NAMES = ("cat", "annual crop land", "boeing 747", "x")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> LoadedClip:
    backbone = write_tiny_clip(tmp_path_factory.mktemp("clip"))
    return load_clip(backbone, "fp32", torch.device("cpu"))


def batch() -> Batch:
    images = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    return Batch(torch.tensor([0, 1, 2]), images=images, examples=torch.arange(3))


def oracle_and_method(clip: LoadedClip, **settings: Any) -> tuple[ClipOracle, Zomp]:
    oracle = ClipOracle(clip, NAMES, Ledger(limit=20), Ledger())
    problem = Problem(oracle.space, 4, ("a {}.",), 1, budget=20, seed=1, words=oracle.words)
    return oracle, Zomp(problem, ZompSettings.model_validate(settings))


def test_the_text_side_starts_at_the_zero_shot_classifier_of_its_words(clip: LoadedClip) -> None:
    oracle, method = oracle_and_method(clip, towers="text")
    by_hand = oracle.query(Prompts(templates=("a photo of a {}.",)), batch())
    assert_same_logits(oracle.query(method.best_prompt(), batch()), by_hand)


def test_the_image_side_starts_with_tokens_that_are_there_although_they_are_zero(
    clip: LoadedClip,
) -> None:
    oracle, method = oracle_and_method(clip)
    start = method.best_prompt()
    found = oracle.query(start, batch())
    plain = oracle.query(replace(start, visual_tokens=None, deep=None), batch())
    assert not torch.allclose(found, plain, atol=1e-3)


@pytest.mark.parametrize("layers", [None, 1])
def test_steps_are_answered_as_a_plain_forward_answers_them(
    layers: int | None, clip: LoadedClip
) -> None:
    oracle, method = oracle_and_method(clip, layers=layers, start_std=1, smoothing=0.3)
    images = batch().images
    assert images is not None
    for _ in range(2):
        prompts = method.ask()
        assert (prompts.deep is None) is (layers == 1)
        answer = oracle.query(prompts, batch())
        with torch.inference_mode():
            plain = logits(clip, prompts, images, NAMES)
        assert_same_logits(answer, plain)
        method.tell(Scores(answer, batch().labels, batch().examples))
    assert oracle.method.as_dict() == {"queries": 20, "images": 60}
