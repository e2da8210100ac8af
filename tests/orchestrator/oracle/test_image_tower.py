"""Image features for the least work equal those of a plain open_clip forward."""

from __future__ import annotations

from typing import Any

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from methods.interface import Prompts
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.image_tower import ImageTower
from orchestrator.oracle.loading import load_model
from tests.conformance.plain_clip import image_features, tiny, vit_b_16
from tests.orchestrator.oracle.small_memory import limit_memory

TEMPLATES = ("a {}.",)


class Shifted:
    """Candidate k adds k to the first image and half of it to the others."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.sizes: list[int] = []

    def __len__(self) -> int:
        return self._count

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        self.sizes.append(len(images))
        changed = images + candidate / 2
        changed[0] += candidate / 2
        return changed


def tower(model: nn.Module, positions: int | None = None) -> ImageTower:
    built = ImageTower(model)
    if positions is not None:
        built._micro_batches.positions = positions
    return built


def random_images(count: int, size: int, seed: int = 0) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, size, size, generator=draw)


def assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)


@settings(max_examples=25)
@given(
    batch=st.integers(1, 7),
    candidates=st.integers(1, 4),
    tokens=st.integers(0, 3),
    positions=st.integers(1, 60),
    quick=st.booleans(),
)
def test_any_batch_prompt_and_micro_batch_gives_the_plain_features(
    batch: int, candidates: int, tokens: int, positions: int, quick: bool
) -> None:
    model, images = tiny(quick), random_images(batch, 16)
    subject, shifts = tower(model, positions), Shifted(candidates)
    added = random_images(candidates, 32)[:, 0, :tokens]
    with torch.inference_mode():
        assert_close(subject.encode(images), image_features(model, images))
        changed = subject.encode_prompted(images, Prompts(templates=TEMPLATES, pixels=shifts))
        prompted = Prompts(templates=TEMPLATES, visual_tokens=added)
        appended = subject.encode_prompted(images, prompted)
        for k in range(candidates):
            assert_close(changed[k], image_features(model, shifts.apply(images, k)))
            assert_close(appended[k], image_features(model, images, added[k]))
    assert set(shifts.sizes) == {batch}


@settings(max_examples=4)
@given(batch=st.integers(1, 3), candidates=st.integers(1, 2))
def test_the_shapes_of_vit_b_16_give_the_plain_features(batch: int, candidates: int) -> None:
    model, images = vit_b_16(), random_images(batch, 224)
    tokens = random_images(candidates, 768)[:, 0, :5]
    prompts = Prompts(templates=TEMPLATES, visual_tokens=tokens)
    with torch.inference_mode():
        assert_close(tower(model).encode(images), image_features(model, images))
        found = tower(model).encode_prompted(images, prompts)
        for k in range(candidates):
            assert_close(found[k], image_features(model, images, tokens[k]))


def test_the_pocket_gives_the_plain_features() -> None:
    pocket = resolve_backbone(Backbone(model="pocket"))
    model, images = load_model(pocket, "fp32", torch.device("cpu")), random_images(5, 24)
    with torch.inference_mode():
        assert_close(tower(model).encode(images), image_features(model, images))


def test_pixels_and_tokens_may_change_together() -> None:
    model, images, shifts = tiny(), random_images(3, 16), Shifted(2)
    tokens = random_images(2, 32)[:, 0, :2]
    prompts = Prompts(templates=TEMPLATES, pixels=shifts, visual_tokens=tokens)
    with torch.inference_mode():
        found = tower(model).encode_prompted(images, prompts)
        for k in range(2):
            assert_close(found[k], image_features(model, shifts.apply(images, k), tokens[k]))


@pytest.mark.parametrize(
    "vision",
    [
        {"pool_type": "avg"},
        {"attentional_pool": True},
        {"block_type": "custom"},
        {"layers": [1] * 4},
    ],
)
def test_other_towers_take_the_plain_path(vision: dict[str, Any]) -> None:
    kept = {"image_size": 32, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16}
    text = {"context_length": 8, "vocab_size": 64, "width": 16, "heads": 2, "layers": 1}
    torch.manual_seed(0)
    model = open_clip.CLIP(16, vision_cfg={**kept, **vision}, text_cfg=text)
    model.eval().requires_grad_(False)
    subject, images = tower(model, 30), random_images(3, 32)
    assert subject._vit is None
    with torch.inference_mode():
        assert_close(subject.encode(images), model.encode_image(images, normalize=True))


def test_memory_that_runs_out_halves_the_micro_batch_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject, images = tower(tiny(), positions=1000), random_images(20, 16)
    prompts = Prompts(templates=TEMPLATES, pixels=Shifted(4))
    with torch.inference_mode():
        expected = subject.encode_prompted(images, prompts)
    limit_memory(monkeypatch, rows=60)
    with torch.inference_mode():
        found = subject.encode_prompted(images, prompts)
    assert subject._micro_batches.positions == 62
    assert_close(found, expected)
