"""What methods do to images works where the model is on a GPU; a pretended one shows it.

Operations on pretended tensors compute nothing, but refuse operands on different devices, as a
GPU does.
"""

from __future__ import annotations

import copy
from typing import Any

import open_clip
import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from methods.interface import Method, Problem, PromptSpace
from methods.registry import method_class
from orchestrator.oracle.image_tower import ImageTower

WIDTH, SIZE = 768, 224
SPACE = PromptSpace(64, 12, WIDTH, SIZE, token_embedding_std=0.02, text_layers=2, vision_layers=2)


class Encoder:
    """A network of a method's own, of the shapes of the real one."""

    width, image_size = WIDTH, SIZE

    def __call__(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, :WIDTH].clone()


class Words:
    """Embeddings of words; a text has as many tokens as words."""

    def count(self, text: str) -> int:
        return len(text.split())

    def embed(self, text: str) -> Tensor:
        return torch.zeros(self.count(text), 64)


def method(name: str) -> Method:
    kind = method_class(name)
    problem = Problem(
        space=SPACE,
        classes=3,
        templates=("a photo of a {}.",),
        batches_per_epoch=2,
        budget=1000,
        seed=1,
        encoder=Encoder(),
        words=Words(),
    )
    return kind(problem, kind.settings_type())


def pretended(value: Any, mode: FakeTensorMode) -> Any:
    """The same with pretended tensors in it, on the CPU as those of methods are."""
    if isinstance(value, Tensor):
        return mode.from_tensor(value)
    if isinstance(value, (list, tuple)):
        return type(value)(pretended(one, mode) for one in value)
    if not type(value).__module__.startswith("methods"):
        return value
    changed = copy.copy(value)
    for name, held in vars(value).items():
        object.__setattr__(changed, name, pretended(held, mode))
    return changed


def tower_on_a_gpu() -> ImageTower:
    vision = {"image_size": SIZE, "patch_size": 32, "width": WIDTH, "layers": 2}
    text = {"context_length": 16, "vocab_size": 64, "width": 64, "heads": 2, "layers": 2}
    with torch.device("cuda"):
        model: Any = open_clip.CLIP(32, vision, text, quick_gelu=True)
    return ImageTower(model.eval().requires_grad_(False))


@pytest.mark.parametrize("name", ["bar", "blackvip", "blackvip_se", "bptvlm", "zomp"])
def test_prompted_images_are_encoded_on_the_device_of_the_model(name: str) -> None:
    subject = method(name)
    prompts: Any = subject.ask()
    assert prompts.touches_images
    size = subject.image_size(SPACE, subject.settings_type())
    with FakeTensorMode(allow_non_fake_inputs=True) as mode, torch.inference_mode():
        prompts = pretended(prompts, mode)
        features = tower_on_a_gpu().encode_prompted(torch.randn(2, 3, size, size), prompts)
    assert features.device.type == "cuda"
    assert features.shape == (prompts.count, 2, 32)
