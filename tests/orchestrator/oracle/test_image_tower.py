"""Image features for the least work equal those of a plain open_clip forward."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from methods.interface import DeepPrompts, Prompts
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.image_tower import ImageTower
from orchestrator.oracle.loading import load_model
from tests.conformance.plain_clip import image_features, tiny, vit_b_16
from tests.orchestrator.oracle.small_memory import BY_A_LIBRARY, BY_TORCH, limit_memory

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


def inner(tokens: Tensor, entries: int) -> Tensor:
    """What is added between blocks, at the positions of tokens."""
    draw, (count, *shape) = torch.Generator().manual_seed(1), tokens.shape
    return torch.randn(count, entries, *shape, generator=draw)


def assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)


@settings(max_examples=25)
@given(
    batch=st.integers(1, 7),
    candidates=st.integers(1, 4),
    tokens=st.integers(0, 3),
    positions=st.integers(1, 60),
    quick=st.booleans(),
    entries=st.integers(0, 2),
)
def test_any_batch_prompt_and_micro_batch_gives_the_plain_features(
    batch: int, candidates: int, tokens: int, positions: int, quick: bool, entries: int
) -> None:
    model, images = tiny(quick), random_images(batch, 16)
    subject, shifts = tower(model, positions), Shifted(candidates)
    added = random_images(candidates, 32)[:, 0, :tokens]
    with torch.inference_mode():
        assert_close(subject.encode(images), image_features(model, images))
        changed = subject.encode_prompted(images, Prompts(templates=TEMPLATES, pixels=shifts))
        prompted = Prompts(templates=TEMPLATES, visual_tokens=added)
        appended = subject.encode_prompted(images, prompted)
        inside = subject.encode_prompted(
            images, replace(prompted, deep=DeepPrompts(visual=(deep := inner(added, entries))))
        )
        for k in range(candidates):
            assert_close(inside[k], image_features(model, images, added[k], deep[k]))
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


def test_pixels_tokens_and_inner_layers_may_change_together() -> None:
    model, images, shifts = tiny(), random_images(3, 16), Shifted(2)
    tokens = random_images(2, 32)[:, 0, :2]
    deep = inner(tokens, 2)
    prompts = Prompts(templates=TEMPLATES, pixels=shifts, visual_tokens=tokens)
    with torch.inference_mode():
        found = tower(model).encode_prompted(images, prompts)
        inside = tower(model).encode_prompted(
            images, replace(prompts, deep=DeepPrompts(visual=deep))
        )
        for k in range(2):
            shifted = shifts.apply(images, k)
            assert_close(found[k], image_features(model, shifted, tokens[k]))
            assert_close(inside[k], image_features(model, shifted, tokens[k], deep[k]))


def test_nothing_added_inside_changes_no_bit() -> None:
    subject, images, tokens = tower(tiny()), random_images(3, 16), random_images(2, 32)[:, 0, :2]
    prompts = Prompts(templates=TEMPLATES, visual_tokens=tokens)
    with torch.inference_mode():
        plain = subject.encode_prompted(images, prompts)
        for deep in (torch.zeros(2, 2, 2, 32), torch.zeros(2, 0, 2, 32)):
            with_zeros = replace(prompts, deep=DeepPrompts(visual=deep))
            assert torch.equal(subject.encode_prompted(images, with_zeros), plain)


def test_each_candidate_has_its_own_deep_prompt() -> None:
    subject, images, tokens = tower(tiny()), random_images(3, 16), random_images(3, 32)[:, 0, :2]
    deep = inner(tokens, 2)
    prompts = Prompts(templates=TEMPLATES, visual_tokens=tokens)

    def encoded(deep: Tensor) -> Tensor:
        return subject.encode_prompted(images, replace(prompts, deep=DeepPrompts(visual=deep)))

    with torch.inference_mode():
        features = encoded(deep)
        other = encoded(deep * torch.tensor([1.0, 2, 1]).view(3, 1, 1, 1))
    assert_close(features[::2], other[::2])
    assert not torch.allclose(features[1], other[1], atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 2, 32), "prompt is for 4 layers, but the image tower has 3. Use fewer layers"),
        ((2, 2, 1, 32), r"must have shape \(2, layers - 1, 2, 32\)"),
    ],
)
def test_deep_prompts_that_do_not_fit_are_refused(shape: tuple[int, ...], message: str) -> None:
    tokens = random_images(2, 32)[:, 0, :2]
    deep = DeepPrompts(visual=torch.zeros(shape))
    prompts = Prompts(templates=TEMPLATES, visual_tokens=tokens, deep=deep)
    with pytest.raises(UserError, match=message):
        tower(tiny()).encode_prompted(random_images(1, 16), prompts)


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
    if subject.layers:
        assert_inner_layers_are_reached(subject, images)
    assert bool(subject.layers) is ("layers" not in vision)


@pytest.mark.parametrize("error", [BY_TORCH, BY_A_LIBRARY], ids=["torch", "library"])
def test_memory_that_runs_out_halves_the_micro_batch_and_changes_nothing(
    error: RuntimeError, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, images = tower(tiny(), positions=1000), random_images(20, 16)
    prompts = Prompts(templates=TEMPLATES, pixels=Shifted(4))
    with torch.inference_mode():
        expected = subject.encode_prompted(images, prompts)
    limit_memory(monkeypatch, rows=60, error=error)
    with torch.inference_mode():
        found = subject.encode_prompted(images, prompts)
    assert subject._micro_batches.positions == 62
    assert_close(found, expected)


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, images = tower(tiny(), positions=1000), random_images(2, 16)
    limit_memory(monkeypatch, rows=1, error=RuntimeError("CUDA error: device-side assert"))
    with torch.inference_mode(), pytest.raises(RuntimeError, match="device-side assert"):
        subject.encode(images)
    assert subject._micro_batches.positions == 1000


def assert_inner_layers_are_reached(subject: ImageTower, images: Tensor) -> None:
    """On the plain path, what is added before the second block could as well leave the first."""
    tokens = random_images(2, 32)[:, 0, :3]
    deep = inner(tokens, 1)
    prompts = Prompts(templates=TEMPLATES, visual_tokens=tokens, deep=DeepPrompts(visual=deep))
    first: Any = subject._visual.transformer.resblocks[0]

    for k in range(2):
        alone = Prompts(templates=TEMPLATES, visual_tokens=tokens[k : k + 1])

        def put(_block: nn.Module, _inputs: Any, left: Tensor, k: int = k) -> Tensor:
            return torch.cat((left[:, :-3], left[:, -3:] + deep[k, 0]), dim=1)

        hook = first.register_forward_hook(put)
        with torch.inference_mode():
            expected = subject.encode_prompted(images, alone)[0]
        hook.remove()
        with torch.inference_mode():
            assert_close(subject.encode_prompted(images, prompts)[k], expected)
