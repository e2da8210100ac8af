"""Prompts go through tensors and texts, and back."""

from __future__ import annotations

import pytest
import torch

from methods.prompts import DeepPrompts, Ensemble, Prompts
from orchestrator.deploy.parts import Texts, prompts_of, tensors_of

CONTEXT = torch.arange(24.0).reshape(1, 4, 6)
WEIGHTS = torch.rand(2, 3)


@pytest.mark.parametrize(
    "prompts",
    [
        Prompts(templates=("a {}.", "the {}.")),
        Prompts(context=CONTEXT, visual_tokens=CONTEXT + 1),
        Prompts(context=CONTEXT, deep=DeepPrompts(text=CONTEXT[None], visual=None)),
        Prompts(context=CONTEXT, deep=DeepPrompts(text=CONTEXT[None], visual=CONTEXT[None] + 1)),
        Prompts(ensembles=(Ensemble(("a {}.",)), Ensemble(("a {}.", "the {}."), WEIGHTS))),
    ],
)
def test_they_come_back_as_they_were(prompts: Prompts) -> None:
    tensors, texts = tensors_of(prompts), Texts.of(prompts)
    again = prompts_of(tensors, texts)
    assert Texts.of(again) == texts
    assert again.queries == prompts.queries
    found = tensors_of(again)
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_they_share_no_memory_with_the_method() -> None:
    tensors = tensors_of(Prompts(context=CONTEXT))
    assert tensors["context"].data_ptr() != CONTEXT.data_ptr()
